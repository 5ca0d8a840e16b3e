import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { parseCallOptions, type RawOptions } from "../registry/call-options.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { remove } from "./delete.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";

const configMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels },
});

describe("watching", () => {
  let memory: MemoryRegistry;
  let store: ResourceStore;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    store = memory.registry.require("", "v1", "configmaps");
  });

  afterEach(() => memory.stop());

  const put = (name: string, labels?: Record<string, string>) => memory.put("", "configmaps", configMap(name, labels));
  const caughtUp = async () => memory.registry.ports.feed.waitFor(await memory.storage.currentRevision());
  const relabel = async (name: string, labels: Record<string, string>) => {
    await update(store, {
      namespace: "default",
      name,
      subresource: "",
      isDryRun: false,
      context: memory.contextOf(),
      mayCreate: "never",
      next: (current) => ({ ...(current as KubeObject), metadata: { ...(current as KubeObject).metadata, labels } }),
    });
    await caughtUp();
  };
  const removeNow = async (name: string) => {
    await remove(store, {
      namespace: "default",
      name,
      options: { gracePeriodSeconds: 0, propagationPolicy: undefined, preconditions: undefined, dryRun: false },
      context: memory.contextOf(),
    });
    await caughtUp();
  };

  /** What a watch has sent, as lines. */
  const start = async (raw: RawOptions): Promise<string[]> => {
    const seen: string[] = [];
    const run = await watch(store, "default", parseCallOptions(raw));
    run.start({
      event: (type, { object }) => seen.push(`${type} ${object.metadata.name}`),
      bookmark: (_revision, isInitialEnd) => seen.push(isInitialEnd ? "INITIAL END" : "BOOKMARK"),
      error: ({ code, reason }) => seen.push(`ERROR ${code} ${reason}`),
      end: () => seen.push("END"),
    });
    return seen;
  };

  it("goes on where a list ended: each change once, in order", async () => {
    const { metadata } = await put("a");
    const from = { resourceVersion: metadata.resourceVersion };
    await put("b");
    const seen = await start(from);
    await relabel("a", { x: "1" });
    await removeNow("b");
    assert.deepEqual(seen, ["ADDED b", "MODIFIED a", "DELETED b"]);
    // The same again for who comes late.
    assert.deepEqual(await start(from), seen);
  });

  it("without a version begins with what is there", async () => {
    await put("a");
    for (const raw of [{}, { resourceVersion: "0" }]) assert.deepEqual(await start(raw), ["ADDED a"]);
  });

  it("shows an object that comes to match as added, and one that ceases to as deleted", async () => {
    const { metadata } = await put("a", { tier: "back" });
    const seen = await start({ resourceVersion: metadata.resourceVersion, labelSelector: "tier=front" });
    await relabel("a", { tier: "front" });
    await relabel("a", { tier: "front", more: "x" });
    await relabel("a", { tier: "back" });
    await removeNow("a");
    assert.deepEqual(seen, ["ADDED a", "MODIFIED a", "DELETED a"]);
  });

  it("marks the end of the initial events, for who can read bookmarks", async () => {
    await put("a");
    const raw = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: "true" };
    const seen = await start(raw);
    await put("b");
    assert.deepEqual(seen, ["ADDED a", "INITIAL END", "ADDED b"]);
  });

  it("sends bookmarks each minute at the latest, and one before its time is up", async () => {
    await put("a");
    const seen = await start({ allowWatchBookmarks: "true", timeoutSeconds: 100 });
    memory.clock.advance(61_000);
    assert.deepEqual(seen, ["ADDED a", "INITIAL END", "BOOKMARK"]);
    memory.clock.advance(40_000);
    assert.deepEqual(seen.slice(-2), ["BOOKMARK", "END"]);
    await put("b");
    assert.equal(seen.at(-1), "END");
  });

  it("waits for a version that is yet to come, and sends nothing before it", async () => {
    const { metadata } = await put("a");
    const seen = await start({ resourceVersion: String(Number(metadata.resourceVersion) + 1) });
    await put("b");
    await put("c");
    assert.deepEqual(seen, ["ADDED c"]);
  });

  it("tells in the stream that the state asked for does not come", async () => {
    const raw = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", resourceVersion: "1000000" };
    const pending = start(raw);
    memory.clock.advance(10_000);
    assert.deepEqual(await pending, ["ERROR 504 Timeout"]);
  });

  it("refuses what is no version", async () => {
    await assert.rejects(start({ resourceVersion: "x" }), {
      message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    });
  });

  it("says that a version is too old", async () => {
    const { metadata } = await put("first");
    for (let i = 0; i < 1100; i++) await put(`early-${i}`);
    // What happened a while ago is forgotten as more happens.
    memory.clock.advance(80_000);
    for (let i = 0; i < 1100; i++) await put(`late-${i}`);
    assert.deepEqual(await start({ resourceVersion: metadata.resourceVersion }), ["ERROR 410 Expired"]);
  });

  it("refuses combinations that the API forbids", async () => {
    for (const raw of [
      { sendInitialEvents: "true" },
      { resourceVersionMatch: "NotOlderThan", resourceVersion: "1" },
      { sendInitialEvents: "true", resourceVersionMatch: "Exact" },
      { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", continue: "x" },
    ])
      await assert.rejects(start(raw), /ListOptions\.meta\.k8s\.io "" is invalid/, JSON.stringify(raw));
  });
});
