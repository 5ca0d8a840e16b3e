import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { PolicyBench } from "../policy-bench.ts";
import { mutatingPolicies } from "./mutating-policies.ts";

const apply = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
const json = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });
const refused = (message: string) => `403 Invalid: policy 'p' with binding 'b' denied request: ${message}`;

interface Row {
  readonly spec: object;
  readonly binding?: object;
  readonly map?: object;
  /** Labels and data of what comes to be, or why nothing does. */
  readonly becomes: string | { readonly labels?: object; readonly data?: object };
}

/** A policy, what is created, and what becomes of it. A config map called `extra`, of `k: x`, is there as parameters. */
const TABLE: Readonly<Record<string, Row>> = {
  "sets fields beside those that are there": {
    spec: { mutations: [apply("Object{metadata: Object.metadata{labels: {'a': '1'}}}")] },
    map: { metadata: { name: "m", labels: { b: "2" } } },
    becomes: { labels: { a: "1", b: "2" } },
  },
  "computes what it sets": {
    spec: {
      variables: [{ name: "name", expression: "object.metadata.name + '-x'" }],
      mutations: [apply("Object{data: {'name': variables.name, 'team': namespaceObject.metadata.labels['team']}}")],
    },
    becomes: { data: { name: "m-x", team: "blue" } },
  },
  "patches, and escapes keys": {
    spec: {
      mutations: [
        json(
          "[JSONPatch{op: 'add', path: '/metadata/labels', value: {}}, JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a.com/b'), value: 'c'}]",
        ),
      ],
    },
    becomes: { labels: { "a.com/b": "c" } },
  },
  "patches with nothing": {
    spec: { mutations: [json("has(object.data) ? [JSONPatch{op: 'remove', path: '/data'}] : []")] },
    becomes: {},
  },
  "does not patch what its test does not find": {
    spec: {
      mutations: [
        json(
          "[JSONPatch{op: 'test', path: '/metadata/name', value: 'other'}, JSONPatch{op: 'add', path: '/data', value: {'k': 'v'}}]",
        ),
      ],
    },
    becomes: {},
  },
  "makes its mutations one after the other": {
    spec: {
      mutations: [
        apply("Object{data: {'n': '1'}}"),
        apply("Object{data: {'n': object.data.n + '2'}}"),
        json("[JSONPatch{op: 'replace', path: '/data/n', value: object.data.n + '3'}]"),
      ],
    },
    becomes: { data: { n: "123" } },
  },
  "takes parameters": {
    spec: {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      mutations: [apply("Object{data: params.data}")],
    },
    binding: { paramRef: { name: "extra", parameterNotFoundAction: "Deny" } },
    becomes: { data: { k: "x" } },
  },
  "is passed over by its conditions": {
    spec: {
      matchConditions: [{ name: "c", expression: "object.metadata.name != 'm'" }],
      mutations: [apply("Object{data: {'k': 'v'}}")],
    },
    becomes: {},
  },
  "refuses where an expression fails": {
    spec: { mutations: [apply("Object{data: object.none}")] },
    becomes: refused("expression 'Object{data: object.none}' resulted in error: no such key: none"),
  },
  "ignores that if it is told to": {
    spec: {
      failurePolicy: "Ignore",
      mutations: [apply("Object{data: object.none}"), apply("Object{data: {'k': 'v'}}")],
    },
    becomes: { data: { k: "v" } },
  },
  "refuses objects of another path": {
    spec: { mutations: [apply("Object{metadata: Object.spec{labels: {'a': 'b'}}}")] },
    becomes: refused(
      'type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type',
    ),
  },
  "refuses what the kind does not know": {
    spec: { mutations: [apply("Object{spec: Object.spec{}}")] },
    becomes: refused(
      "error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema",
    ),
  },
  "refuses a patch that does not fit": {
    spec: { mutations: [json("[JSONPatch{op: 'remove', path: '/data/none'}]")] },
    becomes: /^403 Invalid: policy 'p' with binding 'b' denied request: JSONPath: /.source,
  },
  "fails where a patch leads to what the kind does not know": {
    spec: { mutations: [json("[JSONPatch{op: 'add', path: '/nothing', value: 1}]")] },
    becomes: '500 InternalError: Internal error occurred: strict decoding error: unknown field "nothing"',
  },
};

describe("a mutating policy", () => {
  let bench: PolicyBench;
  beforeEach(async () => {
    bench = await PolicyBench.create(mutatingPolicies);
    await bench.createMap({ metadata: { name: "extra" }, data: { k: "x" } });
  });
  afterEach(() => bench.memory.stop());

  for (const [what, { spec, binding, map, becomes }] of Object.entries(TABLE))
    it(what, async () => {
      await bench.bind("Mutating", { reinvocationPolicy: "Never", ...spec }, binding);
      if (typeof becomes === "string" && becomes.startsWith("^"))
        return assert.match(await bench.verdictOf(map), new RegExp(becomes));
      if (typeof becomes === "string") return assert.equal(await bench.verdictOf(map), becomes);
      const { metadata, data } = await bench.createMap(map);
      assert.deepEqual({ ...(metadata.labels && { labels: metadata.labels }), ...(data && { data }) }, becomes);
    });

  it("is run again when another changed the object after it, if it wishes", async () => {
    const count = "Object{data: {'n': has(object.data) && has(object.data.n) ? object.data.n + '1' : '1'}}";
    await bench.bind("Mutating", { reinvocationPolicy: "IfNeeded", mutations: [apply(count)] });
    assert.deepEqual((await bench.createMap()).data, { n: "1" });
    const group = "admissionregistration.k8s.io";
    const rules = [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }];
    const later = {
      apiVersion: `${group}/v1`,
      kind: "MutatingAdmissionPolicy",
      metadata: { name: "q" },
      spec: {
        matchConstraints: { resourceRules: rules },
        reinvocationPolicy: "Never",
        mutations: [apply("Object{data: {'m': 'x'}}")],
      },
    };
    await bench.memory.put(group, "mutatingadmissionpolicies", later as KubeObject);
    await bench.memory.put(group, "mutatingadmissionpolicybindings", {
      apiVersion: `${group}/v1`,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name: "q" },
      spec: { policyName: "q" },
    } as KubeObject);
    assert.deepEqual((await bench.createMap({ metadata: { name: "second" } })).data, { n: "11", m: "x" });
  });
});
