import { describeKind } from "../meta/kind-table.ts";
import { resourceClaim, resourceClaimTemplate } from "./device-claims.ts";
import { deviceClass, resourceSlice } from "./devices.ts";

const apiVersion = "resource.k8s.io/v1";
const request = { name: "gpu", exactly: { deviceClassName: "gpu.example.com" } };
const spec = { devices: { requests: [request] } };
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const result = { request: "gpu", driver: "gpu.example.com", pool: "node-1", device: "gpu-0" };

describeKind(resourceClaim, {
  valid: { apiVersion, kind: "ResourceClaim", metadata: { name: "c", namespace: "default" }, spec },
  created: {
    "spec.devices.requests.0.exactly.allocationMode": "ExactCount",
    "spec.devices.requests.0.exactly.count": 1,
  },
  create: [
    ["spec.devices.requests.0.name", "A", `spec.devices.requests[0].name: Invalid value: "A": ${label}`],
    [
      "spec.devices.requests.0.exactly",
      undefined,
      "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
    ],
    [
      "spec.devices.requests.0.exactly",
      { allocationMode: "All", count: 2 },
      "spec.devices.requests[0].exactly.deviceClassName: Required value",
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    ],
    ["spec.devices.requests", [request, request], 'spec.devices.requests[1]: Duplicate value: "gpu"'],
    [
      "spec.devices.constraints",
      [{ requests: ["x"], matchAttribute: "model" }],
      "spec.devices.constraints[0].requests[0]: Invalid value: \"x\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
      'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
    ],
    [
      "spec.devices.config",
      [{ opaque: { driver: "", parameters: [] } }],
      "spec.devices.config[0].opaque.driver: Required value",
      'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
    [
      "spec.devices.requests.0.exactly.tolerations",
      [{ operator: "Exists", value: "x", effect: "Other" }],
      'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`',
      'spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "Other": supported values: "NoExecute", "NoSchedule", "None"',
    ],
  ],
  update: [
    [
      "spec.devices.requests.0.exactly.count",
      2,
      'spec: Invalid value: {"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu.example.com","allocationMode":"ExactCount","count":2}}]}}: field is immutable',
    ],
  ],
  status: [
    ["status.allocation", { devices: { results: [result] } }],
    [
      "status.allocation",
      { devices: { results: [{ ...result, request: "x", pool: "" }] } },
      "status.allocation.devices.results[0].request: Invalid value: \"x\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
      "status.allocation.devices.results[0].pool: Required value",
    ],
    [
      "status.reservedFor",
      [{ resource: "pods", name: "a", uid: "" }],
      "status.reservedFor[0].uid: Required value",
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
    ],
    [
      "status",
      { allocation: { devices: { results: [result] } }, devices: [{ ...result, device: "gpu-1" }] },
      'status.devices[0]: Invalid value: "gpu.example.com/node-1/gpu-1": must be an allocated device in the claim',
    ],
  ],
  columns: "Name | State | Age",
  cells: [
    [{}, "pending", "60s"],
    [{ "status.allocation": {}, "status.reservedFor": [{}] }, "allocated,reserved", "60s"],
  ],
});

describeKind(resourceClaimTemplate, {
  valid: { apiVersion, kind: "ResourceClaimTemplate", metadata: { name: "t", namespace: "default" }, spec: { spec } },
  created: { "spec.spec.devices.requests.0.exactly.count": 1 },
  create: [
    [
      "spec.spec.devices.requests.0.exactly.deviceClassName",
      "",
      "spec.spec.devices.requests[0].exactly.deviceClassName: Required value",
    ],
  ],
  columns: "Name | Age",
});

describeKind(deviceClass, {
  valid: {
    apiVersion,
    kind: "DeviceClass",
    metadata: { name: "gpu.example.com" },
    spec: { selectors: [{ cel: { expression: "device.driver == 'gpu.example.com'" } }] },
  },
  create: [
    ["spec.selectors.0.cel", undefined, "spec.selectors[0].cel: Required value"],
    ["spec.extendedResourceName", "example.com/gpu"],
    [
      "spec.extendedResourceName",
      "cpu",
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
    ["spec.config", [{}], "spec.config[0].opaque: Required value"],
  ],
  columns: "Name | Age",
});

describeKind(resourceSlice, {
  valid: {
    apiVersion,
    kind: "ResourceSlice",
    metadata: { name: "node-1-gpu" },
    spec: {
      nodeName: "node-1",
      driver: "gpu.example.com",
      pool: { name: "node-1", generation: 1, resourceSliceCount: 1 },
      devices: [{ name: "gpu-0", attributes: { model: { string: "a" } }, capacity: { memory: { value: "1Gi" } } }],
    },
  },
  create: [
    [
      "spec.nodeName",
      undefined,
      "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
    ],
    [
      "spec.allNodes",
      true,
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
    [
      "spec.pool",
      { name: "", generation: -1, resourceSliceCount: 0 },
      "spec.pool.name: Required value",
      "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
    ],
    [
      "spec.devices.0.attributes",
      { model: {}, "a/": { int: 1 }, v: { version: "1" } },
      'spec.devices[0].attributes[model]: Invalid value: "": exactly one value must be specified',
      'spec.devices[0].attributes[a/]: Invalid value: "": the name must not be empty',
      'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    ],
    [
      "spec.devices.0.capacity.memory.requestPolicy",
      { default: "1" },
      "spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true",
    ],
    [
      "spec.devices.0",
      {
        name: "gpu-0",
        allowMultipleAllocations: true,
        capacity: { memory: { value: "10", requestPolicy: { default: "3", validValues: ["2", "1", "20"] } } },
      },
      'spec.devices[0].capacity[memory].requestPolicy.validValues[1]: Invalid value: "1": values must be sorted in ascending order',
      'spec.devices[0].capacity[memory].requestPolicy.validValues[2]: Invalid value: "20": option is larger than capacity value: 10',
      'spec.devices[0].capacity[memory].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy',
    ],
    [
      "spec.devices.0.taints",
      [{ key: "a", effect: "Go" }],
      'spec.devices[0].taints[0].effect: Unsupported value: "Go": supported values: "NoExecute", "NoSchedule", "None"',
    ],
    [
      "spec.devices.0.bindingConditions",
      ["a"],
      "spec.devices[0].bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions",
    ],
    [
      "spec.devices.0.nodeName",
      "n",
      "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
  ],
  update: [
    ["spec.driver", "other.example.com", 'spec.driver: Invalid value: "other.example.com": field is immutable'],
    ["spec.pool.generation", 2],
  ],
  columns: "Name | Node | Driver | Pool | Age",
  cells: [[{}, "node-1", "gpu.example.com", "node-1", "60s"]],
});
