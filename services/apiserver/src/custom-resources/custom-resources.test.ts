import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import { normalizeSchemas } from "../resources/apiextensions/normalize-schema.ts";
import { planNames } from "./controller/plan-names.ts";
import { planStatus } from "./controller/plan-status.ts";
import { defineCustomKinds } from "./define-custom-kinds.ts";
import { parseJsonPath } from "./json-path.ts";
import { printerColumns } from "./printer-columns.ts";
import { compareVersions } from "./version-order.ts";

const NOW = "2026-01-01T00:00:00Z";

function definition(
  plural: string,
  kind: string,
  more: { shortNames?: string[]; group?: string } = {},
): V1CustomResourceDefinition {
  const { group = "g.io", shortNames } = more;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, uid: plural, generation: 1 },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List`, ...(shortNames && { shortNames }) },
      versions: [
        { name: "v1alpha1", served: true, storage: false, schema: { openAPIV3Schema: { type: "object" } } },
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    },
  };
}

const conditions = ({ status }: V1CustomResourceDefinition) =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]));

describe("the names of a definition", () => {
  it("are accepted when nobody has them", () => {
    const planned = planStatus(definition("as", "A"), [], NOW);
    assert.deepEqual(conditions(planned), {
      NamesAccepted: "True NoConflicts",
      Established: "True InitialNamesAccepted",
    });
    assert.equal(planned.status?.acceptedNames?.plural, "as");
  });

  it("are refused when another of the group has them, in the order of upstream", () => {
    const first = planStatus(definition("as", "A", { shortNames: ["x"] }), [], NOW);
    const plan = planNames(definition("bs", "A", { shortNames: ["x"] }), [first]);
    assert.deepEqual(plan.namesAccepted, {
      status: "False",
      reason: "SingularConflict",
      message: '"a" is already in use',
    });
    assert.equal(plan.established.status, "False");
    const short = planNames(definition("bs", "B", { shortNames: ["x", "y"] }), [first]);
    assert.deepEqual([short.namesAccepted.reason, short.acceptedNames.plural], ["ShortNamesConflict", "bs"]);
    assert.equal(planNames(definition("as", "A", { group: "other.io" }), [first]).namesAccepted.status, "True");
  });

  it("once established it stays so", () => {
    const established = planStatus(definition("as", "A"), [], NOW);
    const rival = planStatus(definition("bs", "B"), [], NOW);
    rival.status!.acceptedNames!.shortNames = ["new"];
    established.spec.names.shortNames = ["new"];
    const planned = planStatus(established, [rival], "2026-01-02T00:00:00Z");
    assert.deepEqual(conditions(planned), {
      NamesAccepted: "False ShortNamesConflict",
      Established: "True InitialNamesAccepted",
    });
    const [names, isEstablished] = planned.status?.conditions ?? [];
    assert.deepEqual([names?.lastTransitionTime, isEstablished?.lastTransitionTime], ["2026-01-02T00:00:00Z", NOW]);
  });

  it("of the community's groups say whether they were approved", () => {
    const crd = definition("as", "A", { group: "x.k8s.io" });
    assert.equal(
      conditions(planStatus(crd, [], NOW))["KubernetesAPIApprovalPolicyConformant"],
      "False MissingAnnotation",
    );
    crd.metadata.annotations = { "api-approved.kubernetes.io": "https://example.com/1" };
    assert.equal(
      conditions(planStatus(crd, [], NOW))["KubernetesAPIApprovalPolicyConformant"],
      "True ApprovedAnnotation",
    );
  });
});

describe("a definition's schemas", () => {
  const decode = (schema: object) => {
    const crd = definition("as", "A");
    crd.spec.versions[0]!.schema = { openAPIV3Schema: { type: "object", properties: { a: schema } } };
    normalizeSchemas(crd);
    return crd.spec.versions[0]!.schema?.openAPIV3Schema?.properties?.["a"];
  };

  it("are decoded where they may have several forms", () => {
    const items = { type: "object", properties: { b: null }, nothing: 1 };
    assert.deepEqual(decode({ type: "array", items }), {
      type: "array",
      items: { type: "object", properties: { b: {} } },
    });
    assert.deepEqual(decode({ additionalProperties: true }), { additionalProperties: true });
  });

  it("are refused in the decoder's words", () => {
    assert.throws(
      () => decode({ items: { required: 1 } }),
      /cannot be handled as a CustomResourceDefinition: json: cannot unmarshal number/,
    );
    assert.throws(
      () => decode({ items: "x" }),
      /json: cannot unmarshal string into Go struct field JSONSchemaProps.items/,
    );
    assert.throws(() => decode({ allOf: [{ additionalProperties: { type: [] } }] }), /json: cannot unmarshal array/);
  });
});

describe("a custom kind", () => {
  it("is one declaration a version, the preferred first", () => {
    const kinds = defineCustomKinds(definition("as", "A"), () => Promise.reject(new Error("no webhook")));
    assert.deepEqual(
      kinds.map(({ version, schema, storagePrefix }) => [version, schema, storagePrefix]),
      [
        ["v1", "io.g.v1.A", "g.io/as"],
        ["v1alpha1", "io.g.v1alpha1.A", "g.io/as"],
      ],
    );
  });

  it("is stored in one version and shown in all, without a webhook by its apiVersion alone", () => {
    const [, alpha] = defineCustomKinds(definition("as", "A"), () => Promise.reject(new Error("no webhook")));
    const object: KubeObject = { apiVersion: "g.io/v1alpha1", kind: "A", metadata: { name: "a" } };
    const stored = alpha!.conversion!.toStorage(object);
    assert.equal(stored.apiVersion, "g.io/v1");
    assert.deepEqual(alpha!.conversion!.fromStorage({ ...stored, unknown: 1 } as KubeObject), object);
  });
});

describe("versions", () => {
  it("stand in upstream's order", () => {
    const sorted = [
      "foo1",
      "v1",
      "v12alpha1",
      "v10beta3",
      "v11beta2",
      "v2",
      "foo10",
      "v3beta1",
      "v10",
      "v11alpha2",
    ].sort(compareVersions);
    assert.deepEqual(sorted, [
      "v10",
      "v2",
      "v1",
      "v11beta2",
      "v10beta3",
      "v3beta1",
      "v12alpha1",
      "v11alpha2",
      "foo1",
      "foo10",
    ]);
  });
});

describe("JSONPath", () => {
  const object = {
    spec: {
      n: 1,
      list: [
        { k: "a", v: 1 },
        { k: "b", v: 2 },
      ],
      map: { "x.y/z": "q" },
    },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  const cases: readonly (readonly [string, unknown[] | undefined])[] = [
    [".spec.n", [1]],
    [".spec.none", []],
    [".spec.list[0].v", [1]],
    [".spec.list[-1].k", ["b"]],
    [".spec.list[*].v", [1, 2]],
    ['.spec.list[?(@.k=="b")].v', [2]],
    [".spec.list[?(@.v>1)].k", ["b"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".spec.map.x\\.y/z", ["q"]],
    [".spec.map['x.y/z']", ["q"]],
    ["..k", ["a", "b"]],
    [".spec[", undefined],
  ];
  for (const [path, expected] of cases) it(path, () => assert.deepEqual(parseJsonPath(path)?.(object), expected));
});

describe("printer columns", () => {
  const cells = (type: string, value: unknown) => {
    const [, column] = printerColumns([{ name: "C", type, jsonPath: ".spec.a" }]);
    return column?.value({ spec: { a: value } } as unknown as KubeObject, Date.parse("2026-01-01T00:01:00Z"));
  };
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["integer", 3, 3],
    ["integer", "x", null],
    ["number", 1.5, 1.5],
    ["string", "a", "a"],
    ["string", { b: 1 }, '{"b":1}'],
    ["string", undefined, null],
    ["boolean", true, true],
    ["boolean", "true", null],
    ["date", NOW, "60s"],
    ["date", "never", "<invalid>"],
  ];
  for (const [type, value, expected] of cases)
    it(`${type} ${JSON.stringify(value)}`, () => assert.equal(cells(type, value), expected));

  it("without any are the name and the age", () =>
    assert.deepEqual(
      printerColumns(undefined).map(({ name }) => name),
      ["Name", "Age"],
    ));
});
