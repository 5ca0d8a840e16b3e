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
      assert.deepEqual(assignIpFamilies(spec, old), []);
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
      assert.deepEqual(assignIpFamilies(spec, undefined).map(fieldErrorMessage), [text]));
});
