import { describeKind, type Row } from "../meta/kind-table.ts";
import { ingress, ingressClass } from "./ingress.ts";

const apiVersion = "networking.k8s.io/v1";
const backend = { service: { name: "web", port: { number: 80 } } };
const path = (value: object, ...errors: string[]): Row => [
  "spec.rules.0.http.paths.0",
  { path: "/", pathType: "Prefix", backend, ...value },
  ...errors.map((error) => `spec.rules[0].http.paths[0].${error}`),
];

describeKind(ingress, {
  valid: {
    apiVersion,
    kind: "Ingress",
    metadata: { name: "web", namespace: "default" },
    spec: { rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
  },
  created: { status: { loadBalancer: {} } },
  create: [
    ["spec.rules", [], "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    [
      "spec.rules.0.host",
      "10.0.0.1",
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    ["spec.rules.0.http.paths", [], "spec.rules[0].http.paths: Required value"],
    path({ pathType: undefined }, "pathType: Required value: pathType must be specified"),
    path(
      { pathType: "Regex" },
      'pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ),
    path({ path: "a" }, 'path: Invalid value: "a": must be an absolute path'),
    path({ path: "/a//b" }, "path: Invalid value: \"/a//b\": must not contain '//'"),
    path({ path: "/a/.." }, "path: Invalid value: \"/a/..\": cannot end with '/..'"),
    path({ backend: {} }, "backend: Required value: port name or number is required"),
    path({ backend: { service: { name: "web" } } }, "backend: Required value: port name or number is required"),
    path(
      { backend: { ...backend, resource: { kind: "A", name: "b" } } },
      'backend: Invalid value: "": cannot set both resource and service backends',
    ),
    path(
      { backend: { service: { name: "web", port: { name: "http", number: 80 } } } },
      'backend: Invalid value: "": cannot set both port name & port number',
    ),
  ],
  columns: "Name | Class | Hosts | Address | Ports | Age",
  cells: [[{ "spec.ingressClassName": "nginx" }, "nginx", "a.example.com", "", "80", "60s"]],
});

describeKind(ingressClass, {
  valid: {
    apiVersion,
    kind: "IngressClass",
    metadata: { name: "nginx" },
    spec: { controller: "example.com/nginx", parameters: { kind: "A", name: "b" } },
  },
  created: { "spec.parameters.scope": "Cluster" },
  create: [
    ["spec.controller", "", "spec.controller: Required value"],
    [
      "spec.controller",
      "nginx",
      'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    ["spec.parameters.name", "", "spec.parameters.name: Required value: name is required"],
    [
      "spec.parameters.scope",
      "Namespace",
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    ["spec.parameters.namespace", "x", "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  ],
  update: [
    ["spec.controller", "example.com/other", 'spec.controller: Invalid value: "example.com/other": field is immutable'],
  ],
  columns: "Name | Controller | Parameters | Age",
  cells: [[{}, "example.com/nginx", "A/b", "60s"]],
});
