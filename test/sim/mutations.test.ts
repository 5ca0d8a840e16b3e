import assert from "node:assert/strict";
import type { Mutation } from "./behaviour.ts";
import { CALM, type Faults } from "./faults.ts";
import { Simulation } from "./simulation.ts";
import { ViolationError } from "./witness.ts";

interface Row {
  readonly mutation: Mutation;
  /** What the checks call it, one of. */
  readonly checks: readonly string[];
  readonly faults: Partial<Faults>;
  readonly steps?: number;
}

/** Each with the weather in which it does harm. */
const rows: readonly Row[] = [
  {
    mutation: "acknowledgesBeforeSync",
    checks: ["election-safety", "leader-completeness", "state-machine-safety", "log-matching"],
    faults: { crash: 0.004, crashAll: 0.002, maxDown: 100, maxSync: 20, maxDelay: 4 },
  },
  {
    mutation: "countsItselfBeforeSync",
    checks: ["leader-completeness", "state-machine-safety"],
    faults: { huntLeader: 0.9, maxDown: 30, maxSync: 40, maxDelay: 4, loss: 0.1, heal: 0 },
  },
  { mutation: "votesTwice", checks: ["election-safety"], faults: { loss: 0.1, partition: 0.01, heal: 0.03 } },
  { mutation: "readsWithoutAsking", checks: ["linearizable"], faults: { partition: 0.01, heal: 0.02 } },
  { mutation: "dropsEvents", checks: ["watch-reliable", "watch-bookmarkable"], faults: {} },
  { mutation: "revivesLeases", checks: ["lease-expiry"], faults: {} },
  { mutation: "renewsWithoutAsking", checks: ["lease-expiry"], faults: { pauseLeader: 0.01 }, steps: 12_000 },
  { mutation: "keepsCheckpoints", checks: ["lease-expiry"], faults: { crash: 0.004, maxDown: 100 } },
  {
    mutation: "commitsOldTerms",
    checks: ["state-machine-safety", "leader-completeness"],
    faults: { huntLeader: 0.9, maxDown: 30, loss: 0.1, maxDelay: 15, messageBytes: 1, heal: 0 },
  },
  { mutation: "appliesTwice", checks: ["same-revisions", "same-history"], faults: {} },
];

const SEEDS = 80;

describe("a simulation of cores that are broken on purpose", function () {
  this.timeout(300_000);

  for (const row of rows) {
    it(`notices: ${row.mutation}`, () => {
      const startedMs = performance.now();
      const found = hunt(row);
      assert.ok(found, `${SEEDS} seeds noticed nothing`);
      console.log(`        seed ${found.seed}, ${Math.round(performance.now() - startedMs)} ms: ${found.message}`);
    });

    it(`accuses nobody of it: ${row.mutation} under the same faults`, () => {
      new Simulation({ seed: 1, steps: row.steps ?? 3000, faults: { ...CALM, maxDelay: 5, ...row.faults } }).run();
    });
  }
});

function hunt({ mutation, checks, faults, steps = 3000 }: Row): { seed: number; message: string } | undefined {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      new Simulation({ seed, steps, mutation, faults: { ...CALM, maxDelay: 5, ...faults } }).run();
    } catch (error) {
      if (!(error instanceof ViolationError) || !checks.includes(error.violation.check)) throw error;
      return { seed, message: error.message };
    }
  }
  return undefined;
}
