import assert from "node:assert/strict";
import type { V1ValidatingAdmissionPolicy } from "@drydock/kube-api";
import { createMemoryRegistry, type MemoryRegistry } from "../../../registry/memory-registry.ts";
import { checkTypes } from "./check-types.ts";

type Spec = NonNullable<V1ValidatingAdmissionPolicy["spec"]>;

const rule = (resources: string[], apiGroups = ["apps"], apiVersions = ["v1"]) => ({
  operations: ["*"],
  apiGroups,
  apiVersions,
  resources,
});

/** What a policy about Deployments says, and the first lines of what is told of it, by field. */
const TABLE: Readonly<Record<string, readonly [Spec, Readonly<Record<string, string>>]>> = {
  "nothing about what fits": [
    {
      validations: [
        { expression: "object.spec.replicas > 1 && object.metadata.labels['a'] == 'b'" },
        { expression: "object.spec.template.spec.containers.all(c, c.image.startsWith('a'))" },
        { expression: "object.metadata.creationTimestamp < timestamp('2030-01-01T00:00:00Z')" },
        { expression: "object.spec.strategy.rollingUpdate.maxSurge == 1" },
        { expression: "authorizer.group('').resource('pods').check('get').allowed() && request.name == 'x'" },
      ],
    },
    {},
  ],
  "what upstream's checker does not know": [
    { validations: [{ expression: "authorizer.requestResource.check('get').allowed()" }] },
    {
      "spec.validations[0].expression":
        "apps/v1, Kind=Deployment: ERROR: <input>:1:11: type 'kubernetes.authorization.Authorizer' does not support field selection",
    },
  ],
  "a field that the kind does not have": [
    { validations: [{ expression: "true" }, { expression: "object.spec.replcas > 1" }] },
    {
      "spec.validations[1].expression": "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replcas'",
    },
  ],
  "types that do not fit": [
    { validations: [{ expression: "object.spec.replicas > '1'", messageExpression: "'a' + object.spec.paused" }] },
    {
      "spec.validations[0].expression":
        "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'",
      "spec.validations[0].messageExpression":
        "apps/v1, Kind=Deployment: ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, bool)'",
    },
  ],
  "what variables get wrong": [
    {
      variables: [{ name: "r", expression: "object.spec.replicas" }],
      validations: [{ expression: "variables.r == 'x'" }],
    },
    {
      "spec.validations[0].expression":
        "apps/v1, Kind=Deployment: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(int, string)'",
    },
  ],
  "what is wrong with parameters": [
    { paramKind: { apiVersion: "v1", kind: "ConfigMap" }, validations: [{ expression: "params.dta.x == 'y'" }] },
    {
      "spec.validations[0].expression": "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'dta'",
    },
  ],
  "nothing where a rule names no kinds": [
    {
      matchConstraints: { resourceRules: [rule(["*"]), rule(["deployments"], ["*"])] },
      validations: [{ expression: "object.x == 1" }],
    },
    {},
  ],
  "of each kind that is named": [
    {
      matchConstraints: { resourceRules: [rule(["replicasets", "deployments", "deployments/scale"])] },
      validations: [{ expression: "object.spec.paused == true" }],
    },
    {
      "spec.validations[0].expression": "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'paused'",
    },
  ],
};

describe("the types of a policy's expressions", () => {
  let memory: MemoryRegistry;
  before(async () => {
    memory = await createMemoryRegistry();
  });
  after(() => memory.stop());

  for (const [what, [spec, expected]] of Object.entries(TABLE))
    it(`tell ${what}`, () => {
      const warnings = checkTypes(
        {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicy",
          metadata: { name: "p" },
          spec: { matchConstraints: { resourceRules: [rule(["deployments"])] }, ...spec },
        },
        memory.registry,
      );
      const told = warnings.map(({ fieldRef, warning }) => [fieldRef, warning.split("\n")[0]]);
      assert.deepEqual(Object.fromEntries(told), expected);
    });
});
