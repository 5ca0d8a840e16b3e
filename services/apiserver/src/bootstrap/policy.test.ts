import assert from "node:assert/strict";
import { bootstrapRoleBindings, bootstrapRoles } from "./namespaced-policy.ts";
import { bootstrapClusterRoleBindings, bootstrapClusterRoles } from "./policy.ts";
import { parseRule } from "./role-table.ts";

describe("the bootstrap policy", () => {
  it("is written as lines of rules", () => {
    assert.deepEqual(parseRule("core apps | pods pods/log | get list"), {
      apiGroups: ["", "apps"],
      resources: ["pods", "pods/log"],
      verbs: ["get", "list"],
    });
    assert.deepEqual(parseRule("core | secrets | get | one two").resourceNames, ["one", "two"]);
    assert.deepEqual(parseRule("/healthz /livez | get"), { nonResourceURLs: ["/healthz", "/livez"], verbs: ["get"] });
  });

  it("says something in every line", () => {
    const rules = [...bootstrapClusterRoles, ...bootstrapRoles].flatMap((role) => role.rules ?? []);
    assert.ok(rules.length > 250, `${rules.length}`);
    for (const { verbs, apiGroups, resources, nonResourceURLs } of rules) {
      assert.ok(verbs.every((verb) => /^(\*|[a-z:]+)$/.test(verb)));
      const isOfPaths = nonResourceURLs?.every((path) => /^(\*|\/.+)$/.test(path)) ?? false;
      assert.notEqual(isOfPaths, Boolean(apiGroups?.length && resources?.length));
    }
  });

  it("binds roles that there are", () => {
    const clusterRoles = new Set(bootstrapClusterRoles.map(({ metadata }) => metadata.name));
    for (const { roleRef } of bootstrapClusterRoleBindings) assert.ok(clusterRoles.has(roleRef.name), roleRef.name);
    const roles = new Set(bootstrapRoles.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    for (const { metadata, roleRef } of bootstrapRoleBindings)
      assert.ok(roles.has(`${metadata.namespace}/${roleRef.name}`), roleRef.name);
  });

  it("binds each controller's role to its own account", () => {
    const { subjects } = bootstrapClusterRoleBindings.find(
      ({ metadata }) => metadata.name === "system:controller:job-controller",
    ) ?? { subjects: [] };
    assert.deepEqual(subjects, [{ kind: "ServiceAccount", name: "job-controller", namespace: "kube-system" }]);
  });
});
