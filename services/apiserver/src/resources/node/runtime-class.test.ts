import { describeKind } from "../meta/kind-table.ts";
import { runtimeClass } from "./runtime-class.ts";

describeKind(runtimeClass, {
  valid: { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "runc" }, handler: "runc" },
  create: [
    [
      "overhead",
      { podFixed: { cpu: "-1" } },
      'overhead.podFixed[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      "scheduling",
      { tolerations: [{ key: "a", operator: "Exists", value: "x" }] },
      "scheduling.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
    ],
  ],
  update: [["handler", "kata", 'handler: Invalid value: "kata": field is immutable']],
  columns: "Name | Handler | Age",
  cells: [[{}, "runc", "60s"]],
});
