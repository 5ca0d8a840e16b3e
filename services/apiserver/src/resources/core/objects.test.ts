import { endpointSlice } from "../discovery/endpoint-slice.ts";
import { coreEvent, event } from "../events/event.ts";
import { describeKind } from "../meta/kind-table.ts";
import { endpoints } from "./endpoints.ts";
import { node } from "./node.ts";
import { replicationController } from "./replication-controller.ts";
import { secret } from "./secret.ts";

const metadata = { name: "one", namespace: "default" };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const ip = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

describeKind(secret, {
  valid: { apiVersion: "v1", kind: "Secret", metadata, stringData: { a: "b" } },
  created: { type: "Opaque", data: { a: base64("b") }, stringData: undefined },
  create: [
    ["type", "kubernetes.io/tls", "data[tls.crt]: Required value", "data[tls.key]: Required value"],
    ["type", "kubernetes.io/ssh-auth", "data[ssh-privatekey]: Required value"],
    ["type", "kubernetes.io/basic-auth", "data[username]: Required value", "data[password]: Required value"],
    [
      "type",
      "kubernetes.io/service-account-token",
      "metadata.annotations[kubernetes.io/service-account.name]: Required value",
    ],
  ],
  update: [
    ["data", { a: base64("c") }],
    ["type", "other", 'type: Invalid value: "other": field is immutable'],
  ],
  columns: "Name | Type | Data | Age",
  cells: [[{}, "Opaque", 1, "60s"]],
});

describeKind(secret, {
  valid: {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64("{}") },
  },
  create: [
    [
      "data",
      { ".dockerconfigjson": base64("{") },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
    ],
  ],
});

describeKind(endpoints, {
  valid: {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata,
    subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }],
  },
  created: { "subsets.0.ports.0.protocol": "TCP" },
  create: [
    ["subsets.0.addresses", [], "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
    ["subsets.0.addresses.0.ip", "x", `subsets[0].addresses[0].ip: Invalid value: "x": ${ip}`],
    ["subsets.0.ports.0.port", 0, "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
  ],
  columns: "Name | Endpoints | Age",
  cells: [[{}, "10.0.0.1:80", "60s"]],
});

describeKind(endpointSlice, {
  valid: {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata,
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"] }],
    ports: [{ port: 80 }],
  },
  created: { "ports.0": { port: 80, name: "", protocol: "TCP" } },
  create: [
    ["addressType", "", "addressType: Required value"],
    ["endpoints.0.addresses", [], "endpoints[0].addresses: Required value: must contain at least 1 address"],
    ["endpoints.0.addresses", ["x"], `endpoints[0].addresses[0]: Invalid value: "x": ${ip}`],
    [
      "endpoints.0.addresses",
      ["2001:db8::1"],
      'endpoints[0].addresses[0]: Invalid value: "2001:db8::1": must be an IPv4 address',
    ],
    ["ports", [{ port: 1 }, { port: 2 }], 'ports[1].name: Duplicate value: ""'],
  ],
  columns: "Name | AddressType | Ports | Endpoints | Age",
  cells: [[{}, "IPv4", "80", "10.0.0.1", "60s"]],
});

describeKind(node, {
  valid: {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
  },
  create: [
    ["spec.taints.0.effect", "", "spec.taints[0].effect: Required value"],
    [
      "spec.taints.0.effect",
      "Go",
      'spec.taints[0].effect: Unsupported value: "Go": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  status: [
    ["status.capacity", { cpu: "-1" }, 'status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    [
      "status.addresses",
      [
        { type: "Hostname", address: "a" },
        { type: "Hostname", address: "a" },
      ],
      'status.addresses[1]: Duplicate value: {"type":"Hostname","address":"a"}',
    ],
  ],
  columns:
    "Name | Status | Roles | Age | Version | (Internal-IP) | (External-IP) | (OS-Image) | (Kernel-Version) | (Container-Runtime)",
});

describeKind(replicationController, {
  valid: {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata,
    spec: { template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } } },
  },
  created: { "spec.selector": { app: "x" }, "metadata.labels": { app: "x" }, "spec.replicas": 1 },
  create: [
    [
      "spec.template.spec.restartPolicy",
      "Never",
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
  ],
  status: [
    ["status.readyReplicas", 2, "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"],
  ],
  columns: "Name | Desired | Current | Ready | Age | (Containers) | (Images) | (Selector)",
});

describeKind(coreEvent, {
  valid: {
    apiVersion: "v1",
    kind: "Event",
    metadata,
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
  },
  create: [
    [
      "involvedObject.namespace",
      "other",
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
  ],
});

describeKind(event, {
  valid: {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata,
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "example.com/c",
    reportingInstance: "c-1",
    action: "Start",
    reason: "Started",
    type: "Normal",
    regarding: { kind: "Pod", name: "p", namespace: "default" },
  },
  create: [
    ["eventTime", undefined, "eventTime: Required value"],
    ["action", "", "action: Required value"],
    ["type", "Loud", 'type: Invalid value: "": has invalid value: Loud'],
  ],
});
