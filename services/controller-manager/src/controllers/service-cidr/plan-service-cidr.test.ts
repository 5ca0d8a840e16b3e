import assert from "node:assert/strict";
import type { V1IPAddress, V1ServiceCIDR } from "@drydock/kube-api";
import { FINALIZER, planServiceCidr } from "./plan-service-cidr.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 1);
const cidr = (name: string, range: string, metadata: object = {}, ready?: [string, string]): V1ServiceCIDR => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name, finalizers: [FINALIZER], ...metadata },
  spec: { cidrs: [range] },
  status: ready && {
    conditions: [{ type: "Ready", status: ready[0], reason: ready[1], message: "", lastTransitionTime: "" }],
  },
});
const address = (name: string): V1IPAddress => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IPAddress",
  metadata: { name, labels: { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
  spec: { parentRef: { resource: "services", namespace: "ns", name: "s" } },
});
const going = (secondsAgo: number) => ({
  deletionTimestamp: new Date(NOW_MS - secondsAgo * 1000).toISOString(),
});

describe("a ServiceCIDR", () => {
  const range = "10.1.0.0/24";
  const table: [string, V1ServiceCIDR, V1ServiceCIDR[], string[], string][] = [
    ["gets the finalizer first", cidr("a", range, { finalizers: [] }), [], [], "protect"],
    ["then is ready", cidr("a", range), [], [], "condition"],
    ["and stays so", cidr("a", range, {}, ["True", ""]), [], [], "nothing"],
    ["that goes waits until all servers know", cidr("a", range, going(3)), [], [], "wait"],
    ["that goes is let go of then", cidr("a", range, going(10)), [], [], "release"],
    ["stays while an address of it is in use", cidr("a", range, going(60)), [], ["10.1.0.7"], "condition"],
    ["says so once", cidr("a", range, going(60), ["False", "Terminating"]), [], ["10.1.0.7"], "nothing"],
    ["does not care for addresses of others", cidr("a", range, going(60)), [], ["10.2.0.7", "10.1.0.0"], "release"],
    [
      "may go when another holds all of it",
      cidr("a", range, going(60)),
      [cidr("b", "10.1.0.0/16")],
      ["10.1.0.7"],
      "release",
    ],
    [
      "may go when another holds the address",
      cidr("a", range, going(60)),
      [cidr("b", "10.1.0.0/28")],
      ["10.1.0.7"],
      "release",
    ],
    [
      "may not when another holds a part of it",
      cidr("a", range, going(60)),
      [cidr("b", "10.1.0.0/30")],
      ["10.1.0.7"],
      "condition",
    ],
  ];
  for (const [what, subject, others, ips, expected] of table)
    it(what, () =>
      assert.equal(planServiceCidr(subject, [subject, ...others], ips.map(address), NOW_MS).kind, expected),
    );
});
