import assert from "node:assert/strict";
import { run } from "./run.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

interface Row {
  readonly lie: string;
  readonly failpoint: string;
  /** What the faults must do for the lie to be seen. */
  readonly scenario: string;
  readonly checks: readonly string[];
  readonly seconds: number;
}

/** In fewer, a lie may not have been told yet. */
const OPERATIONS_MIN = 500;

/** Promises broken on purpose in real members: each must be noticed. */
const rows: readonly Row[] = [
  {
    lie: "writes are acknowledged and never reach the log",
    failpoint: "wal-append=skip@30+",
    scenario: "kill-all",
    // What was lost is missed, unless it was so much that the members cannot agree at all any more.
    checks: [
      "linearizable",
      "append-list",
      "watch-same",
      "watch-reliable",
      "watch-unique",
      "watch-ordered",
      "recovery",
    ],
    seconds: 4,
  },
  {
    lie: "a member answers reads from what it has",
    failpoint: "read-index=skip",
    scenario: "delay",
    checks: ["linearizable"],
    seconds: 5,
  },
  {
    lie: "a watch misses an event",
    failpoint: "watch-deliver=skip@40",
    scenario: "calm",
    checks: ["watch-reliable", "watch-bookmarkable", "watch-same"],
    seconds: 5,
  },
  {
    lie: "a lease is said to be kept alive, and is not",
    failpoint: "lease-renew=skip",
    scenario: "calm",
    checks: ["lease-expiry"],
    seconds: 8,
  },
];

describe("robustness tests of members that lie", function () {
  this.timeout(120_000);

  for (const { lie, failpoint, scenario: name, checks, seconds } of rows) {
    it(`notice: ${lie}`, async () => {
      const scenario = scenarios.find((each) => each.name === name) as Scenario;
      const lying = { ...scenario, env: { DRYDOCK_FAILPOINT: failpoint } };
      const { violations } = await run({ scenario: lying, seconds, seed: 1, operationsMin: OPERATIONS_MIN });
      assert.ok(
        violations.some(({ check }) => checks.includes(check)),
        `none of ${checks.join(", ")} in ${JSON.stringify(violations)}`,
      );
    });
  }
});
