import assert from "node:assert/strict";
import { schemaOf } from "./schema.ts";
import { typeShapeOf } from "./type-shape.ts";
import { typedFaults } from "./typed-faults.ts";

describe("a configuration that is applied", () => {
  const name = "io.k8s.api.apps.v1.Deployment";
  const type = { schema: schemaOf(name), shape: typeShapeOf(name), isClosed: true };
  const container = (fields: object) => ({ spec: { template: { spec: { containers: [{ name: "c", ...fields }] } } } });
  const at = '.spec.template.spec.containers[name="c"]';

  const cases: readonly (readonly [object, ...string[]])[] = [
    [{ spec: { replicas: 3.5, paused: null }, metadata: { labels: { a: "b" } } }],
    [{ spec: { replicas: "x" } }, ".spec.replicas: expected numeric (int or float), got string"],
    [{ spec: { replicas: {} } }, ".spec.replicas: expected numeric (int or float), got map[string]interface {}"],
    [{ spec: { paused: 5 } }, ".spec.paused: expected boolean, got &{5}"],
    [{ spec: 5 }, ".spec: expected map, got &{5}"],
    [{ spec: { nope: 1 } }, ".spec.nope: field not declared in schema"],
    [
      { metadata: { labels: { a: [1, "x"], b: { c: "d" } } } },
      '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:[]interface {}{1, "x"}}',
      '.metadata.labels.b: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"c":"d"}}',
    ],
    [
      { metadata: { finalizers: [5] } },
      ".metadata.finalizers[=5]: expected string, got &value.valueUnstructured{Value:5}",
    ],
    [container({ command: [5] }), `${at}.command[0]: expected string, got &value.valueUnstructured{Value:5}`],
    [container({ env: { a: 1 } }), `${at}.env: expected list, got &{map[a:1]}`],
    [
      container({ resources: { limits: { cpu: {} } } }),
      `${at}.resources.limits.cpu: expected any scalar, got &{map[]}`,
    ],
    [container({ resources: { limits: { cpu: "x" } } })],
    [
      { spec: { template: { spec: { containers: ["x"] } } } },
      ".spec.template.spec.containers: element 0: associative list with keys may not have non-map elements",
    ],
  ];
  for (const [config, ...faults] of cases)
    it(`${JSON.stringify(config)} ${faults.length === 0 ? "fits" : "does not fit"}`, () =>
      assert.deepEqual(typedFaults(config, type), faults));
});
