import assert from "node:assert/strict";
import type { V1ClusterRole } from "@drydock/kube-api";
import { planRules } from "./plan-rules.ts";

describe("planRules", () => {
  const read = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
  const write = { apiGroups: [""], resources: ["pods"], verbs: ["update"] };
  const role = (name: string, rules: V1ClusterRole["rules"], labels = {}): V1ClusterRole => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name, labels },
    rules,
  });
  const admin: V1ClusterRole = {
    ...role("admin", []),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { "to-admin": "true" } }] },
  };
  const sources = [
    role("b", [write, read], { "to-admin": "true" }),
    role("a", [read], { "to-admin": "true" }),
    role("other", [write]),
  ];

  it("gathers the rules of selected roles, each once, by name", () => {
    assert.deepEqual(planRules(admin, [admin, ...sources]), [read, write]);
  });

  it("has nothing to do when they are there", () => {
    assert.equal(planRules({ ...admin, rules: [read, write] }, sources), undefined);
  });

  it("takes away rules that nobody gives any more", () => {
    assert.deepEqual(planRules({ ...admin, rules: [read] }, []), []);
  });
});
