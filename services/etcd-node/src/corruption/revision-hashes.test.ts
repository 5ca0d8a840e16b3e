import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "@drydock/mvcc";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { hashKvAt } from "./hash-kv.ts";
import { RevisionHashes } from "./revision-hashes.ts";

describe("hashes of revisions", () => {
  let directory: string;
  let backend: LmdbBackend;
  let store: Store;
  let hashes: RevisionHashes;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-hashes-"));
    backend = new LmdbBackend(directory);
    store = new Store(backend);
    hashes = new RevisionHashes(store, backend);
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const put = (key: string, value: string) => store.write((txn) => txn.put(key, Buffer.from(value), "0"));
  const remove = (key: string) => store.write((txn) => txn.deleteRange({ key }));
  const fill = (count: number, text = "v") => {
    for (let index = 0; index < count; index++) put(`key-${index % 50}`, `${text}${index}`);
    remove("key-7");
  };
  const compact = (revision: number) => {
    hashes.beforeCompaction(revision);
    store.compact(revision);
  };

  it("are of the moment at which they were asked for, wherever the rows lie", async () => {
    fill(120);
    await backend.sync();
    fill(120, "w");
    const [early, late] = [hashKvAt(store, 100), hashKvAt(store, store.revision)];
    const asked = [hashes.at(100), hashes.at(store.revision)];
    fill(60, "x");
    await backend.sync();
    assert.deepEqual(await Promise.all(asked), [early, late]);
    assert.equal(hashes.durations.at.count, 2);
  });

  it("are not changed by a compaction that comes meanwhile", async () => {
    fill(120);
    compact(60);
    const expected = [hashKvAt(store, 61), hashKvAt(store, store.revision)];
    const asked = [hashes.at(61), hashes.at(store.revision)];
    compact(110);
    assert.deepEqual(await Promise.all(asked), expected);
  });

  it("are remembered where the store was compacted, as they were before", async () => {
    fill(120);
    const before = hashKvAt(store, 60);
    compact(60);
    fill(60, "w");
    assert.deepEqual(await hashes.rememberedAt(60), before);
    const second = hashKvAt(store, 115);
    assert.equal(second.compactRevision, 60);
    compact(115);
    await hashes.settled();
    assert.deepEqual(hashes.remembered, [before, second]);
    assert.notEqual(hashKvAt(store, 115).hash, second.hash);
    assert.equal(await hashes.rememberedAt(61), undefined);
  });

  it("are remembered for the last ten compactions", async () => {
    fill(120);
    for (let revision = 10; revision < 25; revision++) {
      compact(revision);
      await hashes.settled();
    }
    assert.deepEqual(
      hashes.remembered.map(({ hashRevision }) => hashRevision),
      [15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
    );
  });

  it("are left out where compactions follow each other too fast, and where there was none", async () => {
    fill(120);
    for (const revision of [10, 20, 30]) compact(revision);
    for (const revision of [30, 5, 1000]) hashes.beforeCompaction(revision);
    await hashes.settled();
    assert.deepEqual(
      hashes.remembered.map(({ hashRevision }) => hashRevision),
      [30],
    );
    assert.equal(backend.pinCount, 0);
  });

  it("are given up when the store closes", async () => {
    fill(2000);
    await backend.sync();
    const asked = hashes.at(store.revision);
    compact(50);
    fill(10);
    const again = hashes.at(store.revision);
    again.catch(() => {});
    await asked;
    await backend.close();
    await assert.rejects(again, /closed/);
    backend = new LmdbBackend(directory);
  });
});
