import assert from "node:assert/strict";
import { MemoryBackend, Store } from "@drydock/mvcc";
import { Forgetting, type ForgettingOptions } from "./forgetting.ts";
import type { State } from "./open-state.ts";

const REVISIONS = 5000;

/** A store that was compacted, over a backend that counts what each write would delete. */
class Played {
  readonly writes: number[] = [];
  readonly fatal: unknown[] = [];
  readonly told: string[] = [];
  readonly forgetting: Forgetting;
  readonly store: Store;
  diskError: Error | undefined;

  constructor(deletionsAtOnce?: number) {
    const backend = new MemoryBackend();
    let deletions = 0;
    const forget = backend.delete.bind(backend);
    const state = Object.assign(backend, {
      delete: (at: Parameters<typeof forget>[0]) => {
        deletions++;
        forget(at);
      },
      sync: async () => {
        if (this.diskError) throw this.diskError;
        this.writes.push(deletions);
        deletions = 0;
      },
    });
    Object.defineProperty(state, "deletionCount", { get: () => deletions });
    this.store = new Store(backend);
    for (let number = 0; number < REVISIONS; number++) this.store.write((txn) => txn.put("k", new Uint8Array(1), "0"));
    this.forgetting = new Forgetting({
      state: () => ({ backend, machine: { store: this.store } }) as unknown as State,
      deletionsAtOnce,
      restMs: undefined,
      failpoint: () => undefined,
      logger: {
        info: (_: object, text: string) => void this.told.push(text),
      } as unknown as ForgettingOptions["logger"],
      onFatal: (error) => void this.fatal.push(error),
    });
  }

  begin(): void {
    this.forgetting.start();
    this.store.compact(this.store.revision);
    this.forgetting.begin();
  }
}

describe("Forgetting", () => {
  it("writes what is deleted in parts, and tells of the end once the disk has all of it", async () => {
    const played = new Played();
    played.begin();
    assert.deepEqual(played.writes, []);
    await played.forgetting.settled();
    const deleted = played.writes.reduce((sum, each) => sum + each, 0);
    assert.equal(deleted, REVISIONS - 1);
    assert.ok(
      played.writes.every((each) => each < 2100),
      String(played.writes),
    );
    assert.deepEqual(played.told, ["finished scheduled compaction"]);
    assert.equal(played.store.isCompacting, false);
  });

  it("deletes as many at once as it is told to, and no more in one go than lie between two looks", async () => {
    const played = new Played(500);
    played.begin();
    await played.forgetting.settled();
    const full = played.writes.filter((each) => each > 0).slice(0, -1);
    assert.ok(full.length >= 8 && full.every((each) => each >= 500 && each < 532), String(played.writes));
  });

  it("stops between two steps, and goes on where it was", async () => {
    const played = new Played();
    played.begin();
    await played.forgetting.stop();
    assert.equal(played.store.isCompacting, true);
    played.forgetting.begin();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(played.store.isCompacting, true);
    assert.deepEqual(played.told, []);
    played.forgetting.start();
    await played.forgetting.settled();
    assert.equal(played.store.isCompacting, false);
  });

  it("tells once when the disk fails", async () => {
    const played = new Played();
    played.diskError = new Error("no disk");
    played.begin();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(played.fatal, [played.diskError]);
  });
});
