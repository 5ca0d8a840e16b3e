import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { mandatoryLevels, suggestedLevels } from "../flow-objects.ts";
import { planLimits } from "./plan-limits.ts";
import { SeatDemand, smoothDemand } from "./seat-demand.ts";
import { shareSeats } from "./share-seats.ts";

const specs = new Map(
  [...mandatoryLevels, ...suggestedLevels].map(({ metadata, spec }) => [metadata.name, spec ?? { type: "Limited" }]),
);
const idle = { highWatermark: 0, smoothedDemand: 0 };

const claims = (busy: Readonly<Record<string, { highWatermark: number; smoothedDemand: number }>> = {}) =>
  new Map(
    [...planLimits(specs, 600)].map(([name, limits]) => [
      name,
      { ...limits, isExempt: name === "exempt", ...(busy[name] ?? idle) },
    ]),
  );

describe("seats of levels", () => {
  it("are those that upstream has of 600", () => {
    const rows = [...planLimits(specs, 600)].map(([name, { nominal, lower, upper }]) => [name, nominal, lower, upper]);
    assert.deepEqual(rows, [
      ["exempt", 0, 0, 600],
      ["catch-all", 13, 13, 613],
      ["system", 74, 50, 674],
      ["node-high", 98, 73, 698],
      ["leader-election", 25, 25, 625],
      ["workload-high", 98, 49, 698],
      ["workload-low", 245, 24, 845],
      ["global-default", 49, 24, 649],
    ]);
  });

  it("borrowing has a limit where one is given", () => {
    const limited = { nominalConcurrencyShares: 1, borrowingLimitPercent: 50 };
    const limits = planLimits(new Map([["a", { type: "Limited", limited }]]), 10);
    assert.deepEqual(limits.get("a"), { nominal: 10, lower: 10, upper: 15 });
  });

  it("are shared out whole when nobody wants any, as upstream does", () => {
    const seats = Object.fromEntries(
      shareSeats(claims({ exempt: { highWatermark: 1, smoothedDemand: 25 } }), 600).seats,
    );
    const { exempt, "catch-all": catchAll, "leader-election": election, "workload-low": low } = seats;
    assert.deepEqual([exempt, catchAll, election, low], [1, 30, 58, 56]);
  });

  it("go to who wants them and leave the others what they cannot lend", () => {
    const seats = shareSeats(claims({ "workload-low": { highWatermark: 900, smoothedDemand: 900 } }), 600).seats;
    assert.ok((seats.get("workload-low") ?? 0) > 245);
    for (const [name, { lower }] of claims()) assert.ok((seats.get(name) ?? 0) >= lower, name);
    const sum = [...seats.values()].reduce((total, count) => total + count, 0);
    assert.ok(Math.abs(sum - 600) <= 4, `${sum}`);
  });

  it("demand is weighted by how long it lasted, follows a rise at once and is forgotten slowly", () => {
    const clock = new FakeClock();
    const demand = new SeatDemand(clock);
    demand.set(10);
    clock.advance(2500);
    demand.set(0);
    clock.advance(7500);
    const stats = demand.takePeriod();
    assert.deepEqual([stats.average, stats.highWatermark], [2.5, 10]);
    assert.ok(Math.abs(stats.deviation - 4.33) < 0.01);
    assert.equal(smoothDemand(0, stats), 2.5 + stats.deviation);
    assert.deepEqual(demand.takePeriod().highWatermark, 0);
    assert.equal(smoothDemand(100, { average: 0, deviation: 0, highWatermark: 0 }), 97.7);
  });
});
