import assert from "node:assert/strict";
import type { V1NamedRuleWithOperations } from "@drydock/kube-api";
import type { AdmissionRequest } from "../admission.ts";
import { matchesRule } from "./match-rules.ts";

interface Asked {
  readonly operation?: AdmissionRequest["operation"];
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

const rule: V1NamedRuleWithOperations = {
  operations: ["*"],
  apiGroups: ["*"],
  apiVersions: ["*"],
  resources: ["*"],
};

/** A rule, a request to pods in a namespace that differs in what is said, and whether the rule speaks of it. */
const TABLE: readonly (readonly [Partial<V1NamedRuleWithOperations>, Asked, boolean])[] = [
  [{}, {}, true],
  [{}, { subresource: "status" }, false],
  [{ operations: ["CREATE"] }, {}, true],
  [{ operations: ["UPDATE", "DELETE"] }, {}, false],
  [{ operations: ["CONNECT"] }, { operation: "connect" }, true],
  [{ apiGroups: [""] }, {}, true],
  [{ apiGroups: ["apps"] }, {}, false],
  [{ apiVersions: ["v2"] }, {}, false],
  [{ resources: ["pods"] }, {}, true],
  [{ resources: ["pods"] }, { subresource: "status" }, false],
  [{ resources: ["pods/*"] }, { subresource: "status" }, true],
  [{ resources: ["pods/*"] }, {}, true],
  [{ resources: ["*/status"] }, { subresource: "status" }, true],
  [{ resources: ["*/status"] }, { subresource: "scale" }, false],
  [{ resources: ["*/*"] }, { resource: "nodes", subresource: "proxy" }, true],
  [{ resources: ["secrets", "pods"] }, {}, true],
  [{ scope: "Namespaced" }, {}, true],
  [{ scope: "Cluster" }, {}, false],
  [{ scope: "Cluster" }, { resource: "nodes", namespace: "" }, true],
  [{ scope: "Namespaced" }, { resource: "nodes", namespace: "" }, false],
  [{ scope: "Cluster" }, { resource: "namespaces", namespace: "", name: "n" }, true],
  [{ scope: "Namespaced" }, { resource: "namespaces", namespace: "", name: "n" }, false],
  [{ scope: "*" }, { resource: "nodes", namespace: "" }, true],
  [{ resourceNames: ["a", "b"] }, { name: "b" }, true],
  [{ resourceNames: ["a"] }, { name: "b" }, false],
];

describe("a rule of a webhook or a policy", () => {
  for (const [changes, asked, expected] of TABLE)
    it(`${JSON.stringify(changes)} ${expected ? "speaks" : "does not speak"} of ${JSON.stringify(asked)}`, () => {
      const { group = "", version = "v1", resource = "pods" } = asked;
      const request = {
        operation: asked.operation ?? "create",
        definition: { group, version, resource },
        subresource: asked.subresource ?? "",
        namespace: asked.namespace ?? "default",
        name: asked.name ?? "p",
      } as AdmissionRequest;
      assert.equal(matchesRule({ ...rule, ...changes }, request, { group, version, resource }), expected);
    });
});
