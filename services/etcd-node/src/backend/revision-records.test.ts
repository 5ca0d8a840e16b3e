import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPrng } from "@drydock/base";
import { type KeyValue, MemoryBackend, type RevisionPair } from "@drydock/mvcc";
import { encodeKeyValue } from "./key-value-codec.ts";
import { LmdbBackend } from "./lmdb-backend.ts";
import { revisionKey } from "./record-keys.ts";
import { seal } from "./sealed-record.ts";

const kvOf = (main: number, sub: number, bytes = 20): KeyValue => ({
  key: `key-${main}-${sub}`,
  value: Buffer.alloc(bytes, `${main}.${sub} `),
  createRevision: main,
  modRevision: main,
  version: 1,
  lease: "0",
});

const plain = ({ at, kv }: { at: RevisionPair; kv: KeyValue }) => `${at.main}.${at.sub} ${kv.key} ${kv.value}`;

describe("revisions in the database", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-revisions-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  for (const seed of [1, 2, 3, 4, 5, 6])
    it(`are what a list of them would be, whatever is put, deleted and read again (seed ${seed})`, async () => {
      const prng = createPrng(seed);
      const upTo = (limit: number) => prng.integer(limit);
      const model = new MemoryBackend();
      let backend = new LmdbBackend(directory);
      let main = 1;
      const all: RevisionPair[] = [];
      const check = () => {
        const [from, to] = [upTo(main + 2), upTo(main + 2)];
        assert.deepEqual([...backend.scan(0)].map(plain), [...model.scan(0)].map(plain));
        assert.deepEqual([...backend.scan(from, to)].map(plain), [...model.scan(from, to)].map(plain));
        const frozen = backend.freeze();
        assert.deepEqual([...frozen.upTo(to)].map(plain), [...model.scan(0, to + 1)].map(plain));
        frozen.release();
        for (let count = 0; count < 10; count++) {
          const at = all[upTo(all.length)] as RevisionPair;
          const there = [...model.scan(at.main, at.main + 1)].find((each) => each.at.sub === at.sub);
          // Who asks for what was deleted may still be answered from memory.
          if (there) assert.equal(plain({ at, kv: backend.get(at) as KeyValue }), plain(there));
        }
      };
      for (let round = 0; round < 40; round++) {
        for (let count = upTo(40); count >= 0; count--) {
          main += 1 + (upTo(5) === 0 ? upTo(1000) : 0);
          for (let sub = 0; sub <= (upTo(6) === 0 ? 3 : 0); sub++) {
            const at = { main, sub };
            const kv = kvOf(main, sub, upTo(30) === 0 ? 9000 : upTo(600));
            all.push(at);
            for (const each of [backend, model]) each.put(at, kv);
          }
        }
        const oneIn = 3 + upTo(20);
        for (const at of all) if (upTo(oneIn) === 0) for (const each of [backend, model]) each.delete(at);
        check();
        if (upTo(2) === 0) backend.flush();
        check();
        await backend.sync();
        check();
        if (upTo(5) > 0) continue;
        if (upTo(2) === 0) await backend.defragment();
        else {
          await backend.close();
          backend = new LmdbBackend(directory);
        }
        check();
      }
      await backend.close();
    });

  it("are read and deleted too where each has a record of its own, as it was once", async () => {
    const backend = new LmdbBackend(directory);
    const old = [2, 3, 4].map((main) => {
      const key = revisionKey({ main, sub: 0 });
      return { key, value: seal(key, encodeKeyValue(kvOf(main, 0))) };
    });
    backend.putRecords(old);
    backend.put({ main: 5, sub: 0 }, kvOf(5, 0));
    backend.delete({ main: 3, sub: 0 });
    await backend.close();
    const again = new LmdbBackend(directory);
    assert.deepEqual(
      [...again.scan(0)].map(plain),
      [2, 4, 5].map((main) => plain({ at: { main, sub: 0 }, kv: kvOf(main, 0) })),
    );
    assert.equal(again.get({ main: 4, sub: 0 })?.key, "key-4-0");
    await again.close();
  });

  it("take one record of the database where they were written together", async () => {
    const backend = new LmdbBackend(directory);
    for (let main = 2; main < 12; main++) backend.put({ main, sub: 0 }, kvOf(main, 0));
    await backend.sync();
    const recordCount = () => [...backend.pin().records()].filter(({ key }) => key[0] === 0x72).length;
    assert.equal(recordCount(), 1);
    for (const main of [2, 3, 4, 6]) backend.delete({ main, sub: 0 });
    await backend.sync();
    assert.equal(recordCount(), 1);
    for (const main of [5, 7, 8, 9, 10, 11]) backend.delete({ main, sub: 0 });
    await backend.sync();
    assert.equal(recordCount(), 0);
    await backend.close();
  });
});
