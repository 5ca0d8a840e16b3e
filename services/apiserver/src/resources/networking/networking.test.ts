import { describeKind, type Row } from "../meta/kind-table.ts";
import { networkPolicy } from "./network-policy.ts";
import { ipAddress, serviceCidr } from "./service-addresses.ts";

const apiVersion = "networking.k8s.io/v1";
const peer = (value: object, ...errors: string[]): Row => ["spec.ingress", [{ from: [value] }], ...errors];
const port = (value: object, ...errors: string[]): Row => ["spec.egress", [{ ports: [value] }], ...errors];

describeKind(networkPolicy, {
  valid: {
    apiVersion,
    kind: "NetworkPolicy",
    metadata: { name: "p", namespace: "default" },
    spec: { podSelector: { matchLabels: { app: "x" } }, egress: [{ ports: [{ port: 53 }] }] },
  },
  created: { "spec.policyTypes": ["Ingress", "Egress"], "spec.egress.0.ports.0.protocol": "TCP" },
  create: [
    peer({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }),
    peer({ ipBlock: { cidr: "2001:db8::/32", except: ["2001:db8:1::/48"] } }),
    peer({}, "spec.ingress[0].from[0]: Required value: must specify a peer"),
    peer(
      { podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } },
      "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
    ),
    peer(
      { ipBlock: { cidr: "10.0.0.0" } },
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ),
    peer(
      { ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } },
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ),
    port(
      { protocol: "ICMP" },
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ),
    port({ port: 0 }, "spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"),
    port(
      { port: 80, endPort: 70 },
      "spec.egress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`",
    ),
    port(
      { port: "http", endPort: 70 },
      "spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric",
    ),
    [
      "spec.policyTypes",
      ["Both"],
      'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Egress", "Ingress"',
    ],
  ],
  columns: "Name | Pod-Selector | Age",
  cells: [[{}, "app=x", "60s"]],
});

describeKind(ipAddress, {
  valid: {
    apiVersion,
    kind: "IPAddress",
    metadata: { name: "10.0.0.5" },
    spec: { parentRef: { resource: "services", namespace: "default", name: "a" } },
  },
  create: [
    ["spec.parentRef", undefined, "spec.parentRef: Required value"],
    ["spec.parentRef.name", "", "spec.parentRef.name: Required value"],
  ],
  update: [
    [
      "spec.parentRef.name",
      "b",
      'spec.parentRef: Invalid value: {"resource":"services","namespace":"default","name":"b"}: field is immutable',
    ],
  ],
  columns: "Name | ParentRef",
  cells: [[{}, "services/default/a"]],
});

describeKind(serviceCidr, {
  valid: { apiVersion, kind: "ServiceCIDR", metadata: { name: "c" }, spec: { cidrs: ["10.20.0.0/16"] } },
  create: [
    ["spec.cidrs", [], "spec.cidrs: Required value: at least one CIDR required"],
    [
      "spec.cidrs",
      ["10.20.0.1/16"],
      'spec.cidrs[0]: Invalid value: "10.20.0.1/16": CIDR value should not have host bits set',
    ],
    [
      "spec.cidrs",
      ["10.1.0.0/16", "10.2.0.0/16"],
      'spec.cidrs: Invalid value: {"cidrs":["10.1.0.0/16","10.2.0.0/16"]}: may specify no more than one IP for each IP family, i.e 10.1.0.0/16,10.2.0.0/16',
    ],
  ],
  update: [
    ["spec.cidrs", ["10.20.0.0/16", "2001:db8::/64"]],
    ["spec.cidrs", ["10.30.0.0/16"], 'spec.cidrs: Invalid value: ["10.30.0.0/16"]: field is immutable'],
  ],
  columns: "Name | CIDRs | Age",
});
