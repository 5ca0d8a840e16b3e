import assert from "node:assert/strict";
import { parseQuantity } from "@drydock/apimachinery";
import type { V1ResourceQuota } from "@drydock/kube-api";
import { planStatus } from "./plan-status.ts";

describe("the status of a quota", () => {
  const counted = new Map([["pods", parseQuantity("3")]]);
  const quota = (hard: object, status?: object) => ({ spec: { hard }, status }) as V1ResourceQuota;
  const cases: [string, V1ResourceQuota, ReturnType<typeof planStatus>][] = [
    ["is made at first", quota({ pods: "5" }), { hard: { pods: "5" }, used: { pods: "3" } }],
    ["stays when it is right", quota({ pods: "5" }, { hard: { pods: "5" }, used: { pods: "3" } }), undefined],
    [
      "stays when it says the same otherwise",
      quota({ pods: "5" }, { hard: { pods: "5" }, used: { pods: "3000m" } }),
      undefined,
    ],
    [
      "follows the limits",
      quota({ pods: "9" }, { hard: { pods: "5" }, used: { pods: "3" } }),
      { hard: { pods: "9" }, used: { pods: "3" } },
    ],
    [
      "follows the use",
      quota({ pods: "5" }, { hard: { pods: "5" }, used: { pods: "4" } }),
      { hard: { pods: "5" }, used: { pods: "3" } },
    ],
    [
      "forgets what is not limited any more, keeps what others count",
      quota(
        { pods: "5", foreign: "1" },
        { hard: { pods: "5", secrets: "1" }, used: { pods: "3", secrets: "1", foreign: "1" } },
      ),
      { hard: { pods: "5", foreign: "1" }, used: { pods: "3", foreign: "1" } },
    ],
  ];
  for (const [what, given, expected] of cases) it(what, () => assert.deepEqual(planStatus(given, counted), expected));
});
