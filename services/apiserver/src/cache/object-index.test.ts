import assert from "node:assert/strict";
import { createMemoryRegistry } from "../registry/memory-registry.ts";
import { ObjectIndex } from "./object-index.ts";
import { StoredObject } from "./stored-object.ts";

const kv = (key: string, text: string, modRevision = 1) => ({ key, value: Buffer.from(text), modRevision });
const json = (name: string) => JSON.stringify({ metadata: { name } });

describe("an index of objects that are decoded when they are read", () => {
  let told: string[];
  let index: ObjectIndex;

  beforeEach(() => {
    told = [];
    index = new ObjectIndex((key) => told.push(key));
    index.replace([
      kv("/a", json("a"), 7),
      kv("/b", "by hand"),
      kv("/c", "{cut off}"),
      kv("/d", "{}"),
      kv("/e", json("e")),
    ]);
  });

  const names = () => Array.from(index.scan("/"), ({ object }) => object.metadata.name);

  it("decodes once, and says the revision", () => {
    const a = index.get("/a");
    assert.deepEqual(a?.object.metadata, { name: "a", resourceVersion: "7" });
    assert.equal(index.get("/a"), a);
    assert.equal([...index.scan("/")][0], a);
  });

  it("tells of what is no object at first sight at once, of the rest when it is read, and of each once", () => {
    assert.deepEqual(told, ["/b"]);
    assert.equal(index.size, 4);
    assert.deepEqual(names(), ["a", "e"]);
    assert.deepEqual(told, ["/b", "/c", "/d"]);
    assert.deepEqual(names(), ["a", "e"]);
    assert.equal(index.get("/c"), undefined);
    assert.equal(told.length, 3);
    assert.equal(index.size, 2);
  });

  it("has nothing before what takes the place of no object", () => {
    for (const key of ["/b", "/c"]) {
      assert.equal(index.set(new StoredObject(key, 9, { metadata: { name: key } } as never)), undefined);
      assert.equal(index.get(key)?.revision, 9);
    }
    assert.equal(index.size, 5);
    assert.equal(index.delete("/d"), undefined);
    assert.equal(index.size, 4);
    assert.equal(
      index.set(new StoredObject("/e", 9, { metadata: { name: "new" } } as never))?.object.metadata.name,
      "e",
    );
    assert.equal(index.delete("/a")?.object.metadata.name, "a");
    assert.deepEqual(names(), ["/b", "/c", "new"]);
    assert.equal(index.size, 3);
  });

  it("decodes in steps, whatever changes between them", () => {
    const steps = index.decode("/");
    steps.next();
    index.delete("/d");
    index.set(new StoredObject("/e", 9, { metadata: { name: "new" } } as never));
    for (const _ of steps);
    assert.deepEqual(told, ["/b", "/d", "/c"]);
    assert.deepEqual(
      names(),
      ["a", "/e", "new"].filter((name) => name !== "/e"),
    );
    assert.equal(index.decode("/").next().done, true);
  });
});

describe("a cache that is filled with what is no object", () => {
  it("serves the others, and tells watchers of a creation when an object comes in its place", async () => {
    const memory = await createMemoryRegistry();
    const { feed } = memory.registry.ports;
    await memory.storage.create("/registry/secrets/default/a", Buffer.from(json("a")));
    const { revision } = await memory.storage.get("/registry/secrets/default/a");
    const found = await memory.storage.create("/registry/custom/default/broken", Buffer.from("{broken}"));
    await memory.storage.create("/registry/custom/default/sound", Buffer.from(json("sound")));
    assert.ok(found.ok && revision > 0);
    await feed.openCache("custom");
    const cache = feed.cacheFor("custom");
    const events: (string | undefined)[] = [];
    cache.listen({ onEvent: ({ key, previous }) => events.push(key, previous?.key), onReset: () => {} });
    const update = await memory.storage.update(
      "/registry/custom/default/broken",
      Buffer.from(json("broken")),
      found.revision,
    );
    assert.ok(update.ok);
    await feed.waitFor(update.revision);
    assert.deepEqual(events, ["/registry/custom/default/broken", undefined]);
    assert.deepEqual(
      Array.from(cache.scan(), ({ object }) => object.metadata.name),
      ["broken", "sound"],
    );
    memory.stop();
  });
});
