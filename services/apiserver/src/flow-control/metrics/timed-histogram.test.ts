import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { registerTimed } from "./register-timed.ts";
import { TimedHistogram } from "./timed-histogram.ts";

describe("a histogram over time", () => {
  it("tells how long a value was how large", async () => {
    let nowMs = 0;
    const histogram = new TimedHistogram({ monotonicMs: () => nowMs }, [0, 0.5, 1]);
    const at = (ms: number, value: number) => {
      nowMs = ms;
      histogram.set(value);
    };
    at(2, 0.5);
    at(5, 0.25);
    at(6, 3);
    nowMs = 10;
    assert.deepEqual(histogram.read(), {
      buckets: [
        [0, 2e6],
        [0.5, 6e6],
        [1, 6e6],
        [Number.POSITIVE_INFINITY, 10e6],
      ],
      sum: 0.5 * 3e6 + 0.25 * 1e6 + 3 * 4e6,
      count: 10e6,
    });
    const metrics = new Registry();
    registerTimed(metrics, "used", "How much.", () => [[{ level: "a" }, histogram]]);
    assert.deepEqual((await metrics.metrics()).trim().split("\n"), [
      "# HELP used How much.",
      "# TYPE used histogram",
      'used_bucket{level="a",le="0"} 2000000',
      'used_bucket{level="a",le="0.5"} 6000000',
      'used_bucket{level="a",le="1"} 6000000',
      'used_bucket{level="a",le="+Inf"} 10000000',
      'used_sum{level="a"} 13750000',
      'used_count{level="a"} 10000000',
    ]);
  });
});
