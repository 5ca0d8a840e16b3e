import assert from "node:assert/strict";
import { parseAuthorizers } from "./authorization-config.ts";
import { MatchConditions } from "./match-conditions.ts";

describe("AuthorizationConfiguration", () => {
  const parse = (authorizers: string) =>
    parseAuthorizers(
      `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: ${authorizers}`,
    );
  const webhook = (change = "") =>
    `{ type: Webhook, name: w, webhook: { timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: { type: KubeConfigFile, kubeConfigFile: /f }${change} } }`;

  it("is read with its defaults", () => {
    assert.deepEqual(parse(`[{ type: Node, name: node }, ${webhook(", authorizedTTL: 10s")}]`), [
      { type: "Node", name: "node" },
      {
        type: "Webhook",
        name: "w",
        webhook: {
          kubeConfigFile: "/f",
          timeoutMs: 3000,
          subjectAccessReviewVersion: "v1",
          authorizedTtlMs: 10_000,
          unauthorizedTtlMs: 30_000,
          onFailure: "deny",
          matchConditions: [],
        },
      },
    ]);
  });

  it("may ask the cluster that the server runs in", () => {
    const inCluster = webhook().replace("{ type: KubeConfigFile, kubeConfigFile: /f }", "{ type: InClusterConfig }");
    const [entry] = parse(`[${inCluster}]`);
    assert.equal(entry?.type === "Webhook" && entry.webhook.kubeConfigFile, undefined);
    assert.throws(() => parse(`[${inCluster.replace("{ type: In", "{ kubeConfigFile: /f, type: In")}]`), {
      message: /connectionInfo\.kubeConfigFile: Invalid value: "\/f": can only be set when type=KubeConfigFile/,
    });
  });

  for (const [name, authorizers, message] of [
    ["nothing", "[]", /at least one authorization mode must be defined/],
    ["no name", "[{ type: RBAC }]", /authorizers\[0\]\.name: Required value/],
    ["a name twice", `[{ type: RBAC, name: w }, ${webhook()}]`, /authorizers: Duplicate value: "w"/],
    ["an unknown type", "[{ type: ABAC2, name: x }]", /authorizers\[0\]\.type: Unsupported value: "ABAC2"/],
    ["no webhook", "[{ type: Webhook, name: x }]", /required when type=Webhook/],
    [
      "conditions of no version",
      `[${webhook(", matchConditions: [{ expression: 'true' }]")}]`,
      /Version: Required value/,
    ],
  ] as const) {
    it(`refuses ${name}`, () => assert.throws(() => parse(authorizers), { message }));
  }
});

describe("match conditions", () => {
  const request = { user: "jane", resourceAttributes: { verb: "get", namespace: "kube-system" } };
  for (const [expressions, expected] of [
    [[], "yes"],
    [["has(request.resourceAttributes)", "request.resourceAttributes.namespace == 'kube-system'"], "yes"],
    [["request.user == 'joe'"], "no"],
    [["request.nothing.at.all == 1", "request.user == 'joe'"], "no"],
    [["request.nothing.at.all == 1"], "error"],
  ] as const) {
    it(`[${expressions.join("; ")}] → ${expected}`, () =>
      assert.equal(new MatchConditions(expressions).evaluate(request).kind, expected));
  }

  it("must be expressions that yield true or false", () => {
    assert.throws(() => new MatchConditions(["request."]), { message: /^compilation failed/ });
    assert.throws(() => new MatchConditions(["1 + 1"]), { message: "must evaluate to bool, not int" });
  });
});
