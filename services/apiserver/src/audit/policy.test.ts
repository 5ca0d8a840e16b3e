import assert from "node:assert/strict";
import { parseRequestInfo } from "../http/request-info.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import { evaluatePolicy, type PolicyRule, parseAuditPolicy } from "./policy.ts";

const bob = { name: "bob", groups: ["dev"] };
const level = (rule: Partial<PolicyRule>, method: string, path: string) =>
  evaluatePolicy({ rules: [{ level: "Request", ...rule }] }, parseRequestInfo(method, path, new URLSearchParams()), bob)
    .level;

describe("audit policy", () => {
  const pod = "/api/v1/namespaces/a/pods/x";
  const cases: readonly [rule: Partial<PolicyRule>, path: string, matches: boolean][] = [
    [{}, pod, true],
    [{ users: ["bob"] }, pod, true],
    [{ users: ["eve"] }, pod, false],
    [{ userGroups: ["ops", "dev"] }, pod, true],
    [{ userGroups: ["ops"] }, pod, false],
    [{ verbs: ["get"] }, pod, true],
    [{ verbs: ["list"] }, pod, false],
    [{ namespaces: ["a"] }, pod, true],
    [{ namespaces: ["b"] }, pod, false],
    [{ namespaces: [""] }, "/api/v1/nodes/n", true],
    [{ resources: [{ group: "" }] }, pod, true],
    [{ resources: [{ group: "apps" }] }, pod, false],
    [{ resources: [{ resources: ["pods"] }] }, pod, true],
    [{ resources: [{ resources: ["pods"] }] }, `${pod}/log`, false],
    [{ resources: [{ resources: ["pods/log"] }] }, `${pod}/log`, true],
    [{ resources: [{ resources: ["pods/*"] }] }, `${pod}/log`, true],
    [{ resources: [{ resources: ["*/log"] }] }, `${pod}/log`, true],
    [{ resources: [{ resources: ["*"] }] }, `${pod}/log`, true],
    [{ resources: [{ resources: ["pods"], resourceNames: ["x"] }] }, pod, true],
    [{ resources: [{ resources: ["pods"], resourceNames: ["y"] }] }, pod, false],
    [{ resources: [{ group: "" }] }, "/healthz", false],
    [{ nonResourceURLs: ["/healthz"] }, "/healthz", true],
    [{ nonResourceURLs: ["/healthz"] }, "/healthz/etcd", false],
    [{ nonResourceURLs: ["/healthz*"] }, "/healthz/etcd", true],
    [{ nonResourceURLs: ["*"] }, "/version", true],
    [{ nonResourceURLs: ["*"] }, pod, false],
  ];
  for (const [rule, path, isMatch] of cases)
    it(`${JSON.stringify(rule)} ${isMatch ? "matches" : "leaves"} ${path}`, () =>
      assert.equal(level(rule, "GET", path), isMatch ? "Request" : "None"));

  it("the first rule decides, and stages add up", () => {
    const policy = parseAuditPolicy(`
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      omitManagedFields: true
      rules:
      - { level: Metadata, resources: [{ group: "", resources: [secrets] }], omitStages: [Panic], omitManagedFields: false }
      - { level: RequestResponse }`);
    const of = (path: string) => evaluatePolicy(policy, parseRequestInfo("GET", path, new URLSearchParams()), bob);
    const secrets = of("/api/v1/namespaces/a/secrets/s");
    assert.deepEqual(
      [secrets.level, [...secrets.omitStages], secrets.omitManagedFields],
      ["Metadata", ["RequestReceived", "Panic"], false],
    );
    assert.deepEqual([of(pod).level, of(pod).omitManagedFields], ["RequestResponse", true]);
  });

  it("what is no policy is refused", () => {
    const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
    for (const [text, message] of [
      ["kind: Policy", /no kind "Policy" is registered/],
      [`${head}rules: []`, /0 rules/],
      [`${head}rules: [{level: All}]`, /rules\[0\]\.level: Unsupported value: "All"/],
      [`${head}rules: [{level: None, nonResourceURLs: [/a*b]}]`, /must be the final character/],
      [`${head}rules: [{level: None, nonResourceURLs: [/a], namespaces: [x]}]`, /cannot apply to both/],
      [`${head}rules: [{level: None, omitStages: [Later]}]`, /Unsupported value: "Later"/],
    ] as const)
      assert.throws(() => parseAuditPolicy(text), message);
  });

  it("the default policy records no bodies", () => {
    assert.ok(defaultAuditPolicy.rules.every((rule) => rule.level === "None" || rule.level === "Metadata"));
  });
});
