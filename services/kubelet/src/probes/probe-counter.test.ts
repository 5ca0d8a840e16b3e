import assert from "node:assert/strict";
import { ProbeCounter } from "./probe-counter.ts";

describe("ProbeCounter", () => {
  for (const [name, thresholds, results, verdicts] of [
    [
      "one success is enough, three failures are needed",
      [1, 3],
      "s f f s f f f s",
      "success success success success success success failure success",
    ],
    ["two successes after failures", [2, 1], "s s f s s", "unknown success failure failure success"],
  ] as const) {
    it(name, () => {
      const counter = new ProbeCounter({ successThreshold: thresholds[0], failureThreshold: thresholds[1] });
      const seen = results.split(" ").map((result) => {
        counter.add(result === "s");
        return counter.verdict;
      });
      assert.equal(seen.join(" "), verdicts);
    });
  }
});
