import assert from "node:assert/strict";
import type { V1PolicyRule } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../../registry/memory-registry.ts";
import { type Attributes, AuthorizerChain, forbiddenReason } from "../authorizer.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { covers, ruleAllows } from "./rules.ts";

const RBAC = "rbac.authorization.k8s.io";

const wants = (verb: string, resource: string, more: Partial<Attributes> = {}): Attributes => {
  const [name = "", subresource = ""] = resource.split("/");
  return {
    user: { name: "jane", groups: ["system:authenticated"] },
    isResourceRequest: true,
    path: "",
    verb,
    group: "",
    resource: name,
    subresource,
    namespace: "default",
    name: "",
    ...more,
  };
};

describe("an RBAC rule", () => {
  const cases: readonly [string, V1PolicyRule, Attributes, boolean][] = [
    ["allows what it names", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, wants("get", "pods"), true],
    ["not another verb", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, wants("list", "pods"), false],
    ["not another group", { verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, wants("get", "pods"), false],
    ["not subresources", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, wants("get", "pods/log"), false],
    ["one subresource", { verbs: ["get"], apiGroups: [""], resources: ["pods/log"] }, wants("get", "pods/log"), true],
    ["it everywhere", { verbs: ["get"], apiGroups: ["*"], resources: ["*/log"] }, wants("get", "pods/log"), true],
    ["all with stars", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, wants("delete", "pods/exec"), true],
    [
      "only named objects",
      { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["a"] },
      wants("get", "secrets", { name: "a" }),
      true,
    ],
    [
      "no list by named objects",
      { verbs: ["list"], apiGroups: [""], resources: ["secrets"], resourceNames: ["a"] },
      wants("list", "secrets"),
      false,
    ],
    [
      "paths below a star",
      { verbs: ["get"], nonResourceURLs: ["/healthz/*"] },
      wants("get", "", { isResourceRequest: false, path: "/healthz/etcd" }),
      true,
    ],
    [
      "no other paths",
      { verbs: ["get"], nonResourceURLs: ["/healthz"] },
      wants("get", "", { isResourceRequest: false, path: "/healthz/etcd" }),
      false,
    ],
    [
      "no paths by resources",
      { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
      wants("get", "", { isResourceRequest: false, path: "/metrics" }),
      false,
    ],
  ];
  for (const [what, rule, attributes, expected] of cases)
    it(what, () => assert.equal(ruleAllows(rule, attributes), expected));
});

describe("escalation", () => {
  const reader: V1PolicyRule = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"] };

  it("is giving more than one has, in whatever pieces one has it", () => {
    const pieces: V1PolicyRule[] = [
      { verbs: ["get"], apiGroups: ["*"], resources: ["pods", "*/log"] },
      { verbs: ["list"], apiGroups: [""], resources: ["*"] },
    ];
    assert.equal(covers(pieces, [reader]), true);
    assert.equal(covers(pieces.slice(0, 1), [reader]), false);
    assert.equal(covers([reader], [{ verbs: ["*"], apiGroups: [""], resources: ["pods"] }]), false);
    assert.equal(covers([{ ...reader, resourceNames: ["a"] }], [reader]), false);
    assert.equal(covers([reader], [{ ...reader, resourceNames: ["a"] }]), true);
    assert.equal(
      covers([{ verbs: ["get"], nonResourceURLs: ["/a*"] }], [{ verbs: ["get"], nonResourceURLs: ["/abc"] }]),
      true,
    );
    assert.equal(
      covers([{ verbs: ["get"], nonResourceURLs: ["/abc"] }], [{ verbs: ["get"], nonResourceURLs: ["/a*"] }]),
      false,
    );
  });
});

describe("the RBAC authorizer", () => {
  let memory: MemoryRegistry;
  let rbac: RbacAuthorizer;
  const allows = (attributes: Attributes) => rbac.authorize(attributes).verdict === "allow";

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    rbac = new RbacAuthorizer(memory.registry);
  });

  afterEach(() => memory.stop());

  const role = (kind: "Role" | "ClusterRole", name: string, rules: V1PolicyRule[], more: object = {}) =>
    memory.put(RBAC, kind === "Role" ? "roles" : "clusterroles", {
      apiVersion: `${RBAC}/v1`,
      kind,
      metadata: { name, ...(kind === "Role" && { namespace: "default" }) },
      rules,
      ...more,
    });
  const bind = (kind: "RoleBinding" | "ClusterRoleBinding", roleKind: string, name: string, subjects: object[]) =>
    memory.put(RBAC, kind === "RoleBinding" ? "rolebindings" : "clusterrolebindings", {
      apiVersion: `${RBAC}/v1`,
      kind,
      metadata: { name: `bind-${name}`, ...(kind === "RoleBinding" && { namespace: "default" }) },
      roleRef: { apiGroup: RBAC, kind: roleKind, name },
      subjects,
    });
  const jane = { kind: "User", apiGroup: RBAC, name: "jane" };
  const read: V1PolicyRule[] = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }];

  it("allows nothing by itself", () => assert.equal(allows(wants("get", "pods")), false));

  it("keeps a role binding to its namespace, also when it names a cluster role", async () => {
    await role("ClusterRole", "reader", read);
    await bind("RoleBinding", "ClusterRole", "reader", [jane]);
    assert.equal(allows(wants("get", "pods")), true);
    assert.equal(allows(wants("get", "pods", { namespace: "other" })), false);
    assert.equal(allows(wants("get", "pods", { namespace: "" })), false);
  });

  it("applies a cluster role binding everywhere, to groups and service accounts too", async () => {
    await role("ClusterRole", "reader", read);
    await bind("ClusterRoleBinding", "ClusterRole", "reader", [
      { kind: "Group", apiGroup: RBAC, name: "team" },
      { kind: "ServiceAccount", namespace: "ci", name: "robot" },
    ]);
    const as = (name: string, groups: string[] = []) =>
      wants("get", "pods", { user: { name, groups }, namespace: "x" });
    assert.equal(allows(as("anyone", ["team"])), true);
    assert.equal(allows(as("system:serviceaccount:ci:robot")), true);
    assert.equal(allows(as("system:serviceaccount:other:robot")), false);
    assert.equal(allows(as("team")), false);
  });

  it("adds up the roles that an aggregated one selects, and what these gather", async () => {
    const gather = (name: string) => ({ clusterRoleSelectors: [{ matchLabels: { "add-to": name } }] });
    const labelled = (name: string, target: string) => ({ metadata: { name, labels: { "add-to": target } } });
    await role("ClusterRole", "all", [], { ...labelled("all", "some"), aggregationRule: gather("all") });
    await role("ClusterRole", "some", [], { ...labelled("some", "all"), aggregationRule: gather("some") });
    await role("ClusterRole", "part", read, labelled("part", "some"));
    await bind("ClusterRoleBinding", "ClusterRole", "all", [jane]);
    assert.equal(allows(wants("get", "pods")), true);
  });

  it("names the first binding of those that allow, and sees new ones", async () => {
    const reason = (groups: string[]) =>
      rbac.authorize(wants("get", "pods", { user: { name: "jane", groups } })).reason;
    await role("ClusterRole", "reader", read);
    const put = (name: string, subject: object) =>
      memory.put(RBAC, "clusterrolebindings", {
        apiVersion: `${RBAC}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "reader" },
        subjects: [subject],
      } as never);
    await put("m", jane);
    assert.match(reason(["a"]), /ClusterRoleBinding "m" .* to User "jane"$/);
    await put("b", { kind: "Group", apiGroup: RBAC, name: "a" });
    assert.match(reason(["a"]), /ClusterRoleBinding "b" .* to Group "a"$/);
    assert.match(reason([]), /ClusterRoleBinding "m"/);
  });

  it("survives a binding to a role that is not there", async () => {
    await bind("RoleBinding", "Role", "missing", [jane]);
    assert.equal(allows(wants("get", "pods")), false);
  });
});

describe("the chain of authorizers", () => {
  const says = (verdict: "allow" | "deny" | "no-opinion", reason = "") => ({
    name: verdict,
    authorize: () => ({ verdict, reason }),
  });

  it("takes the first opinion, and none as no", async () => {
    const verdict = async (...names: ("allow" | "deny" | "no-opinion")[]) =>
      (await new AuthorizerChain(() => names.map((name) => says(name))).authorize(wants("get", "pods"))).verdict;
    assert.equal(await verdict("no-opinion", "allow", "deny"), "allow");
    assert.equal(await verdict("deny", "allow"), "deny");
    assert.equal(await verdict("no-opinion", "no-opinion"), "no-opinion");
    assert.equal(await verdict(), "no-opinion");
  });

  it("lets the superuser group pass", async () => {
    const attributes = wants("delete", "nodes", { user: { name: "root", groups: ["system:masters"] } });
    assert.equal((await new AuthorizerChain(() => [says("deny")]).authorize(attributes)).verdict, "allow");
  });

  it("says what is missing in upstream's words", () => {
    assert.equal(
      forbiddenReason(wants("create", "pods/exec", { group: "" }), ""),
      'User "jane" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    assert.equal(
      forbiddenReason(wants("get", "", { isResourceRequest: false, path: "/metrics" }), "because"),
      'User "jane" cannot get path "/metrics": because',
    );
  });
});
