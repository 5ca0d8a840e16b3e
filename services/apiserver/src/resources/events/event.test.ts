import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import type { EventsV1Event } from "@drydock/kube-api";
import { coreEvent, event } from "./event.ts";

describe("events of the two groups", () => {
  const core = () =>
    ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e", namespace: "n" },
      involvedObject: { kind: "Pod", name: "p", namespace: "n" },
      message: "hello",
      source: {},
      count: 2,
    }) as KubeObject;

  const toNewer = (object: KubeObject) => event.conversion?.fromStorage(object) as KubeObject & Partial<EventsV1Event>;

  it("shows in the older one that nobody said who reports, and leaves it out in the newer", () => {
    const object = core();
    coreEvent.strategy.setDefaults(object);
    const reporter = { reportingComponent: "", reportingInstance: "" };
    assert.deepEqual(object, { ...core(), ...reporter });
    const newer = toNewer(object);
    assert.deepEqual([newer.note, newer.deprecatedCount], ["hello", 2]);
    assert.deepEqual(["reportingController" in newer, "reportingInstance" in newer], [false, false]);
    assert.deepEqual(event.conversion?.toStorage(newer), object);
  });

  it("keeps who reports on the way there and back", () => {
    const object = { ...core(), reportingComponent: "c", reportingInstance: "i" };
    const newer = toNewer(object);
    assert.deepEqual([newer.reportingController, newer.reportingInstance], ["c", "i"]);
    assert.deepEqual(event.conversion?.toStorage(newer), object);
  });
});
