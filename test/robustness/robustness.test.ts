import assert from "node:assert/strict";
import { run } from "./run.ts";
import { type Scenario, SELECTION, scenarios } from "./scenarios.ts";

/** Long enough for several faults of each kind, short enough for every `npm test`. */
const SECONDS = 8;
const seed = Number(process.env["DRYDOCK_SEED"] ?? Date.now() % 100_000);

describe("robustness of three real members", function () {
  this.timeout(180_000);

  for (const name of SELECTION) {
    it(`keeps every promise: ${name}`, async () => {
      const scenario = scenarios.find((each) => each.name === name) as Scenario;
      const { violations, recorder } = await run({ scenario, seconds: SECONDS, seed });
      const again = `npm run robustness -- --scenario ${name} --seconds ${SECONDS} --seed ${seed}`;
      assert.deepEqual(violations, [], again);
      assert.ok(recorder.operations.length > 40 && recorder.faults.length > 0, `${recorder.operations.length}`);
    });
  }
});
