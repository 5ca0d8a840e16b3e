import assert from "node:assert/strict";
import { podTotals } from "./pod-totals.ts";

describe("what a pod asks for", () => {
  const cpu = (requests: string) => ({ resources: { requests: { cpu: requests } } });

  it("is its containers with the sidecars, or the largest of what comes before them", () => {
    const of = (requests: string, part: object = {}) => ({ name: "x", ...cpu(requests), ...part });
    const spec = {
      initContainers: [of("100m", { restartPolicy: "Always" }), of("5")],
      containers: [of("1"), of("2")],
      overhead: { cpu: "10m" },
    };
    assert.equal(String(podTotals(spec as never, "requests").get("cpu")), "5110m");
    assert.equal(podTotals(spec as never, "limits").size, 0);
  });
});
