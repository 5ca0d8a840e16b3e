import assert from "node:assert/strict";
import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { ApplyDurations } from "./apply-durations.ts";

type Request = NonNullable<Command["request"]>;

describe("durations of applying", () => {
  const request = (request: { $case: string; value?: unknown }) => request as Request;
  const shown = (durations: ApplyDurations) =>
    Array.from(durations.histograms(), ({ op, success, histogram }) => [
      op,
      success,
      histogram.count,
      Math.round(histogram.sumSeconds * 1e6),
    ]);

  it("are shared by all of a turn", () => {
    const durations = new ApplyDurations();
    for (let count = 0; count < 3; count++) durations.applied(request({ $case: "put" }), true);
    durations.applied(request({ $case: "put" }), false);
    durations.turned(8);
    durations.turned(5);
    durations.applied(request({ $case: "put" }), true);
    durations.turned(1);
    assert.deepEqual(shown(durations), [
      ["Put", true, 4, 7000],
      ["Put", false, 1, 2000],
    ]);
    const [put] = [...durations.histograms()].map(({ histogram }) => [...histogram.buckets()]);
    assert.deepEqual(
      put?.filter(({ boundSeconds }) => [0.0008, 0.0016, 0.0032].includes(boundSeconds)).map(({ count }) => count),
      [0, 1, 4],
    );
  });

  it("have etcd's names", () => {
    const durations = new ApplyDurations();
    const names = ["userGrantRole", "enable", "assignToken"].map(($case) => ({
      $case: "auth",
      value: { request: { $case } },
    }));
    for (const each of [{ $case: "publish" }, ...names, { $case: "auth", value: {} }, { $case: "memberAdd" }])
      durations.applied(request(each), true);
    durations.turned(6);
    assert.deepEqual(shown(durations), [
      ["ClusterMemberAttrSet", true, 1, 1000],
      ["AuthUserGrantRole", true, 1, 1000],
      ["AuthEnable", true, 1, 1000],
      ["Authenticate", true, 1, 1000],
    ]);
  });
});
