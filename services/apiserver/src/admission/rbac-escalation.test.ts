import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1PolicyRule } from "@drydock/kube-api";
import { RbacAuthorizer } from "../authorization/rbac/rbac-authorizer.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { create } from "../verbs/create.ts";
import { update } from "../verbs/update.ts";
import { Admission } from "./admission.ts";
import { rbacEscalation } from "./rbac-escalation.ts";

const GROUP = "rbac.authorization.k8s.io";
const jane = { name: "jane", groups: ["devs", "system:authenticated"] };
const rule = (verbs: string[], resources: string[], apiGroups = [""]): V1PolicyRule => ({
  apiGroups,
  resources,
  verbs,
});
const clusterRole = (name: string, more: object): KubeObject => ({
  apiVersion: `${GROUP}/v1`,
  kind: "ClusterRole",
  metadata: { name },
  ...more,
});
const binding = (name: string, role: string, user: string): KubeObject =>
  ({
    apiVersion: `${GROUP}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: GROUP, kind: "User", name: user }],
  }) as KubeObject;

describe("nobody hands out rights they do not hold", () => {
  let memory: MemoryRegistry;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    const rbac = new RbacAuthorizer(memory.registry);
    memory.registry.admission = new Admission([rbacEscalation(memory.registry, rbac, rbac)]);
    await memory.put(GROUP, "clusterroles", clusterRole("reader", { rules: [rule(["get", "list"], ["pods"])] }));
    await memory.put(GROUP, "clusterrolebindings", binding("reader", "reader", "jane"));
  });

  afterEach(() => memory.stop());

  const store = (resource: string) => memory.registry.require(GROUP, "v1", resource);
  const tries = (resource: string, object: KubeObject) =>
    create(store(resource), { namespace: "", object, isDryRun: false, context: memory.contextOf(jane) });

  const grant = async (name: string, ...rules: V1PolicyRule[]) => {
    await memory.put(GROUP, "clusterroles", clusterRole(name, { rules }));
    await memory.put(GROUP, "clusterrolebindings", binding(name, name, "jane"));
  };

  it("in a role: what is missing is told", async () => {
    await tries("clusterroles", clusterRole("less", { rules: [rule(["get"], ["pods"])] }));
    const more = { rules: [rule(["get", "create"], ["pods", "secrets"]), { verbs: ["get"], nonResourceURLs: ["/x"] }] };
    await assert.rejects(tries("clusterroles", clusterRole("more", more)), {
      message: [
        'clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
        '{APIGroups:[""], Resources:["pods"], Verbs:["create"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "create"]}',
        '{NonResourceURLs:["/x"], Verbs:["get"]}',
      ].join("\n"),
    });
  });

  it("in a role that gathers others", async () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] };
    await assert.rejects(
      tries("clusterroles", clusterRole("sum", { aggregationRule })),
      /must have cluster-admin privileges to use the aggregationRule/,
    );
    await grant("admin", rule(["*"], ["*"], ["*"]), { verbs: ["*"], nonResourceURLs: ["*"] });
    await tries("clusterroles", clusterRole("sum", { aggregationRule }));
  });

  it("in a binding, unless they may bind that role", async () => {
    await memory.put(GROUP, "clusterroles", clusterRole("strong", { rules: [rule(["*"], ["*"], ["*"])] }));
    await tries("clusterrolebindings", binding("weak", "reader", "max"));
    const strong = () => tries("clusterrolebindings", binding("strong", "strong", "max"));
    await assert.rejects(strong(), /not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}/);
    await grant("binder", { ...rule(["bind"], ["clusterroles"], [GROUP]), resourceNames: ["strong"] });
    await strong();
    await assert.rejects(
      tries("clusterrolebindings", binding("none", "none", "max")),
      /clusterroles.rbac.authorization.k8s.io "none" not found/,
    );
  });

  it("whoever may escalate does, and what stays as it is needs no right", async () => {
    await memory.put(GROUP, "clusterroles", clusterRole("strong", { rules: [rule(["*"], ["*"], ["*"])] }));
    await update(store("clusterroles"), {
      namespace: "",
      name: "strong",
      subresource: "",
      isDryRun: false,
      context: memory.contextOf(jane),
      mayCreate: "never",
      next: (current) =>
        ({ ...(current as KubeObject), metadata: { ...current?.metadata, labels: { a: "b" } } }) as never,
    });
    const role = clusterRole("own", { rules: [rule(["delete"], ["nodes"])] });
    await assert.rejects(tries("clusterroles", role), /not currently held/);
    await grant("escalator", rule(["escalate"], ["clusterroles"], [GROUP]));
    await tries("clusterroles", role);
  });
});
