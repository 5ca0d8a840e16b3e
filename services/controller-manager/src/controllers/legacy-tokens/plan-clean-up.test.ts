import assert from "node:assert/strict";
import type { V1Pod, V1Secret, V1ServiceAccount } from "@drydock/kube-api";
import { planCleanUp } from "./plan-clean-up.ts";

const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const PERIOD_MS = 30 * DAY_MS;
const USED = "kubernetes.io/legacy-token-last-used";
const INVALID = "kubernetes.io/legacy-token-invalid-since";

const account = { metadata: { namespace: "ns", name: "a", uid: "u" }, secrets: [{ name: "t" }] } as V1ServiceAccount;
const secret = (labels: Record<string, string> = {}, change: object = {}) =>
  ({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: {
      namespace: "ns",
      name: "t",
      creationTimestamp: "2025-01-01T00:00:00Z",
      annotations: { "kubernetes.io/service-account.name": "a", "kubernetes.io/service-account.uid": "u" },
      labels,
      ...change,
    },
  }) as V1Secret;
const pod = (volumes: object[]) => ({ metadata: { namespace: "ns", name: "p" }, spec: { volumes } }) as V1Pod;

describe("tokens that were made automatically and are not used", () => {
  const plan = (subject: V1Secret, { pods = [] as V1Pod[], trackedSince = "2025-01-01" } = {}) =>
    planCleanUp({ secrets: [subject], accounts: [account], pods, trackedSince }, PERIOD_MS, NOW_MS).map(
      ({ kind }) => kind,
    );
  const table: [string, string[], ...Parameters<typeof plan>][] = [
    ["are marked", ["invalidate"], secret()],
    ["are marked when their last use is long ago", ["invalidate"], secret({ [USED]: "2026-05-01" })],
    ["are left when it is not", [], secret({ [USED]: "2026-05-02" })],
    ["are left when it cannot be read", [], secret({ [USED]: "soon" })],
    ["are left while they are young", [], secret({}, { creationTimestamp: "2026-05-20T00:00:00Z" })],
    ["are left when somebody made them", [], secret({}, { name: "mine" })],
    ["are left when they are another account's", [], secret({}, { annotations: {} })],
    ["are left while a pod mounts them", [], secret(), { pods: [pod([{ secret: { secretName: "t" } }])] }],
    [
      "are left while a pod mounts them among others",
      [],
      secret(),
      { pods: [pod([{ projected: { sources: [{ secret: { name: "t" } }] } }])] },
    ],
    ["are left until uses have been noted for long enough", [], secret(), { trackedSince: "2026-05-15" }],
    ["are left while nobody knows since when", [], secret(), { trackedSince: "unknown" }],
    ["stay for a while with the mark", [], secret({ [INVALID]: "2026-05-20" })],
    ["go when the mark is old", ["delete"], secret({ [INVALID]: "2026-05-01" })],
    ["are marked anew when the mark says nothing", ["invalidate"], secret({ [INVALID]: "long ago" })],
  ];
  for (const [what, expected, ...given] of table) it(what, () => assert.deepEqual(plan(...given), expected));
});
