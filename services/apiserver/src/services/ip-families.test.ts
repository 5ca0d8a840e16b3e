import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import type { V1ServiceSpec } from "@drydock/kube-api";
import { assignIpFamilies } from "./ip-families.ts";

const selector = { app: "a" };

describe("families of a Service's addresses", () => {
  const assigned: [string, V1ServiceSpec, V1ServiceSpec | undefined, string, string[]][] = [
    ["one by default", { selector }, undefined, "SingleStack", ["IPv4"]],
    [
      "one where two are only preferred",
      { selector, ipFamilyPolicy: "PreferDualStack" },
      undefined,
      "PreferDualStack",
      ["IPv4"],
    ],
    ["one of a headless Service with a selector", { clusterIP: "None", selector }, undefined, "SingleStack", ["IPv4"]],
    [
      "both of one whose endpoints others write",
      { clusterIP: "None" },
      undefined,
      "RequireDualStack",
      ["IPv4", "IPv6"],
    ],
    [
      "one when the second is given up",
      { clusterIP: "None", ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4", "IPv6"] },
      { clusterIP: "None", ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] },
      "SingleStack",
      ["IPv4"],
    ],
  ];
  for (const [what, spec, old, policy, families] of assigned)
    it(what, () => {
      assert.deepEqual(assignIpFamilies(spec, old, ["IPv4"]), []);
      assert.deepEqual([spec.ipFamilyPolicy, spec.ipFamilies], [policy, families]);
    });

  const refused: [V1ServiceSpec, string][] = [
    [
      { selector, ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [{ selector, ipFamilies: ["IPv6"] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { selector, ipFamilies: ["IPv4", "IPv6"] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    [
      { selector, clusterIPs: ["fd00::1"] },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
  ];
  for (const [spec, text] of refused)
    it(`refuses ${JSON.stringify(spec)}`, () =>
      assert.deepEqual(assignIpFamilies(spec, undefined, ["IPv4"]).map(fieldErrorMessage), [text]));

  const both = ["IPv6", "IPv4"] as const;
  const prefers = { selector, ipFamilyPolicy: "PreferDualStack" };
  const ofBoth: [string, V1ServiceSpec, V1ServiceSpec | undefined, string, string[]][] = [
    ["one, the first, by default", { selector }, undefined, "SingleStack", ["IPv6"]],
    ["both where two are preferred", prefers, undefined, "PreferDualStack", ["IPv6", "IPv4"]],
    [
      "the one that is named, and then the other",
      { ...prefers, ipFamilies: ["IPv4"] },
      undefined,
      "PreferDualStack",
      ["IPv4", "IPv6"],
    ],
    [
      "those of the addresses",
      { ...prefers, clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"] },
      undefined,
      "PreferDualStack",
      ["IPv4", "IPv6"],
    ],
    [
      "no second for what was made before the cluster had two",
      { ...prefers, clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] },
      { ...prefers, clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] },
      "PreferDualStack",
      ["IPv4"],
    ],
    [
      "a second when that is asked for",
      { selector, ipFamilyPolicy: "RequireDualStack", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] },
      { selector, ipFamilyPolicy: "SingleStack", clusterIPs: ["10.0.0.1"], ipFamilies: ["IPv4"] },
      "RequireDualStack",
      ["IPv4", "IPv6"],
    ],
  ];
  for (const [what, spec, old, policy, families] of ofBoth)
    it(`in a cluster of both: ${what}`, () => {
      assert.deepEqual(assignIpFamilies(spec, old, both), []);
      assert.deepEqual([spec.ipFamilyPolicy, spec.ipFamilies], [policy, families]);
    });

  it("are not given up without saying so", () => {
    const clusterIPs = ["10.0.0.1", "fd00::1"];
    const ipFamilies = ["IPv4", "IPv6"];
    const old = { ...prefers, clusterIPs, ipFamilies };
    const texts = (change: V1ServiceSpec) => assignIpFamilies({ ...old, ...change }, old, both).map(fieldErrorMessage);
    const must = `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be 'SingleStack' to release the secondary`;
    assert.deepEqual(texts({ ipFamilies: ["IPv4"] }), [`${must} IP family`]);
    assert.deepEqual(texts({ clusterIPs: ["10.0.0.1"] }), [`${must} cluster IP`]);
  });
});
