import { describeKind, type Row } from "../meta/kind-table.ts";
import { service } from "./service.ts";

const spec = (value: object, ...errors: string[]): Row => [
  "spec",
  { ports: [{ port: 80 }], ...value },
  ...errors.map((error) => `spec.${error}`),
];

describeKind(service, {
  valid: {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  },
  created: {
    "spec.type": "ClusterIP",
    "spec.sessionAffinity": "None",
    "spec.internalTrafficPolicy": "Cluster",
    "spec.ports.0": { port: 80, protocol: "TCP", targetPort: 80 },
    status: { loadBalancer: {} },
  },
  create: [
    spec({ ports: [] }, "ports: Required value"),
    spec({ ports: [], clusterIP: "None" }),
    spec(
      { clusterIP: "x" },
      'clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ),
    spec(
      { ports: [{ port: 80 }, { port: 0, protocol: "X", targetPort: "UPPER", nodePort: 30000 }] },
      "ports[0].name: Required value",
      "ports[1].name: Required value",
      "ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive",
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
      'ports[1].targetPort: Invalid value: "UPPER": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'ports[1].targetPort: Invalid value: "UPPER": must contain at least one letter (a-z)',
      "ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ),
    spec(
      {
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 80 },
        ],
      },
      'ports[1].name: Duplicate value: "a"',
      'ports[1]: Duplicate value: {"protocol":"TCP","port":80}',
    ),
    spec(
      { type: "Other" },
      'type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ),
    spec({ type: "ExternalName" }, "externalName: Required value"),
    spec(
      { type: "NodePort", clusterIP: "None" },
      "clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
    ),
    spec(
      { type: "LoadBalancer", ports: [{ port: 10250 }] },
      "ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet",
    ),
    spec(
      { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      "sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400",
    ),
    spec(
      { externalIPs: ["x"] },
      'externalIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ),
    spec(
      { loadBalancerSourceRanges: ["10.0.0.0/8"], loadBalancerClass: "a.com/b" },
      "loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ),
    spec(
      { externalTrafficPolicy: "Local" },
      'externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ),
    spec(
      { type: "NodePort", healthCheckNodePort: 30001 },
      "healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ),
    spec(
      { trafficDistribution: "Far" },
      'trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ),
    spec({ ipFamilies: ["IPv4", "IPv4"] }, 'ipFamilies[1]: Duplicate value: "IPv4"'),
    spec(
      { clusterIPs: ["10.0.0.1"] },
      'clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified',
    ),
    spec(
      { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.2"] },
      'clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
    ),
    spec(
      { clusterIP: "None", clusterIPs: ["None", "10.0.0.2"] },
      'clusterIPs: Invalid value: ["None","10.0.0.2"]: \'None\' must be the first and only value',
    ),
    spec(
      { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "10.0.0.2"] },
      'clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
    ),
    spec(
      { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "fd00::1", "10.0.0.2"] },
      'clusterIPs: Invalid value: ["10.0.0.1","fd00::1","10.0.0.2"]: may only hold up to 2 values',
    ),
    spec(
      { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1", "fd00::1"], ipFamilies: ["IPv6", "IPv4"] },
      'clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
      'clusterIPs[1]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[1]`',
    ),
    spec(
      { type: "ExternalName", externalName: "a.example", ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" },
      "ipFamilies: Forbidden: may not be set for ExternalName services",
      "ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
    ),
  ],
  update: [["spec.type", "NodePort"]],
  columns: "Name | Type | Cluster-IP | External-IP | Port(s) | Age | (Selector)",
  cells: [[{ "spec.clusterIP": "10.0.0.1" }, "ClusterIP", "10.0.0.1", "<none>", "80/TCP", "60s", "app=web"]],
});
