import assert from "node:assert/strict";
import { type Storage, StorageError, type StorageEvent, type StorageWatchHandle } from "./storage.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => (value ? new TextDecoder().decode(value) : undefined);

/** The tests every implementation of the storage port must pass. `open` gives a store whose `/t/` prefix is empty. */
export function describeStorageContract(name: string, open: () => Promise<Storage>): void {
  describe(`storage contract: ${name}`, () => {
    let storage: Storage;
    before(async () => {
      storage = await open();
    });
    after(() => storage.close());

    it("creates once and says what is there the second time", async () => {
      const first = await storage.create("/t/create/a", bytes("1"));
      assert.ok(first.ok);
      const second = await storage.create("/t/create/a", bytes("2"));
      assert.ok(!second.ok);
      assert.equal(text(second.current?.value), "1");
      assert.equal(second.current?.modRevision, first.revision);
    });

    it("updates only at the expected revision", async () => {
      const created = await storage.create("/t/update/a", bytes("1"));
      assert.ok(created.ok);
      const updated = await storage.update("/t/update/a", bytes("2"), created.revision);
      assert.ok(updated.ok && updated.revision > created.revision);
      const stale = await storage.update("/t/update/a", bytes("3"), created.revision);
      assert.ok(!stale.ok);
      assert.equal(text(stale.current?.value), "2");
      const missing = await storage.update("/t/update/none", bytes("3"), created.revision);
      assert.deepEqual(missing, { ok: false, current: undefined });
    });

    it("deletes only at the expected revision", async () => {
      const created = await storage.create("/t/delete/a", bytes("1"));
      assert.ok(created.ok);
      assert.equal((await storage.delete("/t/delete/a", created.revision - 1)).ok, false);
      assert.equal((await storage.delete("/t/delete/a", created.revision)).ok, true);
      assert.equal((await storage.get("/t/delete/a")).kv, undefined);
    });

    it("lists a prefix in pages at one revision", async () => {
      for (const key of ["a", "b", "c"]) await storage.create(`/t/list/${key}`, bytes(key));
      const first = await storage.list("/t/list/", { limit: 2 });
      assert.deepEqual(
        first.items.map(({ key }) => key),
        ["/t/list/a", "/t/list/b"],
      );
      assert.equal(first.hasMore, true);
      assert.equal(first.remaining, 1);
      await storage.create("/t/list/d", bytes("d"));
      const rest = await storage.list("/t/list/", { startKey: "/t/list/b\0", revision: first.revision });
      assert.deepEqual(
        rest.items.map(({ key }) => key),
        ["/t/list/c"],
      );
      assert.equal(rest.revision, first.revision);
    });

    it("refuses a revision from the future", async () => {
      const revision = await storage.currentRevision();
      await assert.rejects(
        storage.list("/t/", { revision: revision + 1000 }),
        (error) => error instanceof StorageError && error.reason === "future-revision",
      );
    });

    it("watches from a past revision on, in order, without gaps", async () => {
      const start = await storage.currentRevision();
      const created = await storage.create("/t/watch/a", bytes("1"));
      assert.ok(created.ok);
      const events: StorageEvent[] = [];
      let handle: StorageWatchHandle | undefined;
      const done = new Promise<void>((resolve, reject) => {
        handle = storage.watch({
          prefix: "/t/watch/",
          fromRevision: start + 1,
          onEvents: (batch) => {
            events.push(...batch);
            if (events.length === 3) resolve();
          },
          onProgress: () => {},
          onEnd: reject,
        });
      });
      const updated = await storage.update("/t/watch/a", bytes("2"), created.revision);
      assert.ok(updated.ok);
      await storage.delete("/t/watch/a", updated.revision);
      await done;
      handle?.cancel();
      assert.deepEqual(
        events.map(({ type }) => type),
        ["put", "put", "delete"],
      );
      assert.equal(events[0]?.modRevision, created.revision);
    });
  });
}
