import assert from "node:assert/strict";
import { parseRequestInfo } from "../../http/request-info.ts";
import { RetryAfter } from "../retry-after.ts";
import { WatchTracker } from "./watch-tracker.ts";
import { estimateWork } from "./work-estimate.ts";

describe("estimates of work", () => {
  const pods = "/api/v1/namespaces/a/pods";
  const one = "1/0/0";
  // 20 kB each: five to a seat.
  const averageBytes = 20_000;
  for (const [request, count, watchers, maxSeats, expected] of [
    [`GET ${pods}/x`, 1000, 0, 0, one],
    [`GET ${pods}`, 0, 0, 0, one],
    [`GET ${pods}`, 20, 0, 0, "4/0/0"],
    // From the cache it is never more than a megabyte at once.
    [`GET ${pods}`, 1000, 0, 0, "10/0/0"],
    [`GET ${pods}?limit=10`, 1000, 0, 0, "2/0/0"],
    [`GET ${pods}?limit=100&continue=x`, 1000, 0, 0, "20/0/0"],
    [`GET ${pods}?limit=100&continue=x`, 1000, 0, 7, "7/0/0"],
    [`GET ${pods}?resourceVersion=5&resourceVersionMatch=Exact`, 1000, 0, 0, "100/0/0"],
    [`GET ${pods}?resourceVersion=5&limit=20&labelSelector=a`, 100, 0, 0, "10/0/0"],
    [`GET ${pods}?fieldSelector=metadata.name=x&resourceVersionMatch=Exact&resourceVersion=5`, 1000, 0, 0, one],
    [`GET ${pods}?watch=1`, 1000, 0, 0, one],
    [`GET ${pods}?watch=1&sendInitialEvents=true`, 1000, 0, 0, "10/0/0"],
    [`GET ${pods}`, -1, 0, 0, one],
    [`POST ${pods}`, 1000, 9, 0, one],
    [`POST ${pods}`, 1000, 10, 0, "1/1/5"],
    [`PATCH ${pods}/x`, 1000, 41, 0, "1/5/5"],
    [`PUT ${pods}/x`, 1000, 400, 0, "1/10/20"],
    [`DELETE ${pods}/x`, 1000, 400, 4, "1/4/50"],
    [`DELETE ${pods}`, 1000, 400, 4, one],
    ["GET /version", 1000, 400, 4, one],
  ] as const)
    it(`${request} of ${count}, with ${watchers} who watch, at most ${maxSeats}: ${expected}`, () => {
      const [method = "", target = ""] = request.split(" ");
      const { pathname, searchParams } = new URL(target, "https://localhost");
      const info = parseRequestInfo(method, pathname, searchParams);
      const { initialSeats, finalSeats, additionalMs } = estimateWork(info, searchParams, maxSeats, {
        statsOf: () => (count < 0 ? undefined : { count, averageBytes }),
        watchersOf: () => watchers,
      });
      assert.equal(`${initialSeats}/${finalSeats}/${additionalMs}`, expected);
    });
});

describe("those who watch", () => {
  it("are counted for what they would be told of", () => {
    const tracker = new WatchTracker();
    const pods = (namespace: string, name = "") => ({ group: "", resource: "pods", namespace, name });
    const forget = tracker.register(pods(""));
    tracker.register(pods("a"));
    tracker.register(pods("a", "x"));
    const counts = () => [pods("a"), pods("a", "x"), pods("a", "y"), pods("b")].map((of) => tracker.interestedIn(of));
    assert.deepEqual(counts(), [2, 3, 2, 1]);
    forget();
    assert.deepEqual(counts(), [1, 2, 1, 0]);
    assert.equal(tracker.interestedIn({ ...pods("a"), group: "apps" }), 0);
  });
});

describe("Retry-After", () => {
  it("doubles while many are turned away, and goes back one by one", () => {
    const retryAfter = new RetryAfter();
    const drop = (second: number, count: number) => {
      for (let index = 0; index < count; index++) retryAfter.record(second * 1000 + index);
      return retryAfter.seconds;
    };
    const seen = [drop(100, 10), drop(101, 10), drop(102, 10), drop(103, 10), drop(104, 1), drop(106, 1)];
    assert.deepEqual(seen, [1, 2, 2, 4, 4, 4]);
    assert.equal(drop(150, 1), 3);
    assert.equal(drop(200, 1), 2);
    for (let second = 300; second < 400; second++) drop(second, 200);
    assert.equal(retryAfter.seconds, 32);
  });
});
