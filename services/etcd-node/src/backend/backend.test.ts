import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, type KeyValue, MemoryBackend } from "@drydock/mvcc";
import { LmdbBackend } from "./lmdb-backend.ts";

const kv = (key: string, main: number, version = 1) => ({
  key,
  value: Buffer.from(`v${main}`),
  createRevision: main,
  modRevision: main,
  version,
  lease: "7587848390571520001",
});

/** What every backend must do; each implementation runs it. */
function contract(
  name: string,
  create: () => { backend: Backend; reopen(): Promise<Backend>; end(): Promise<void> },
): void {
  describe(`Backend contract: ${name}`, () => {
    it("keeps revisions in order, forgets what is deleted, and survives reopening", async () => {
      const { backend, reopen, end } = create();
      for (const main of [2, 3]) backend.put({ main, sub: 0 }, kv("\u0000\u00ffk", main));
      backend.put({ main: 3, sub: 1 }, kv("z", 3, 0));
      for (const main of [10, 11, 2 ** 33]) backend.put({ main, sub: 0 }, kv("\u0000\u00ffk", main));
      backend.delete({ main: 10, sub: 0 });
      backend.setRevisions({ compacted: 2, finished: 2, current: 2 ** 33 });
      backend.putLease({ id: "5", ttlSeconds: 60 });
      backend.putLease({ id: "6", ttlSeconds: 60 });
      backend.deleteLease("6");
      const check = (state: Backend) => {
        assert.deepEqual(
          [...state.scan(0)].map(({ at }) => `${at.main}.${at.sub}`),
          ["2.0", "3.0", "3.1", "11.0", `${2 ** 33}.0`],
        );
        assert.deepEqual(
          [...state.scan(3, 11)].map(({ at }) => `${at.main}.${at.sub}`),
          ["3.0", "3.1"],
        );
        const { key, value, createRevision, modRevision, version, lease } = state.get({
          main: 2 ** 33,
          sub: 0,
        }) as KeyValue;
        const found = { key, value: Buffer.from(value), createRevision, modRevision, version, lease };
        assert.deepEqual(found, kv("\u0000\u00ffk", 2 ** 33));
        assert.deepEqual(state.revisions(), { compacted: 2, finished: 2, current: 2 ** 33 });
        assert.deepEqual([...state.leases()], [{ id: "5", ttlSeconds: 60 }]);
      };
      check(backend);
      check(await reopen());
      await end();
    });
  });
}

contract("memory", () => {
  const backend = new MemoryBackend();
  return { backend, reopen: async () => backend, end: async () => {} };
});

contract("LMDB", () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-lmdb-"));
  let current = new LmdbBackend(directory);
  return {
    backend: current,
    async reopen() {
      await current.close();
      current = new LmdbBackend(directory);
      return current;
    },
    async end() {
      await current.close();
      rmSync(directory, { recursive: true });
    },
  };
});

describe("the LMDB backend", () => {
  it("is defragmented once by whoever asks at the same time, while it is written to and read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-lmdb-"));
    const backend = new LmdbBackend(directory);
    let main = 1;
    for (let round = 0; round < 5; round++) {
      for (let count = 0; count < 50; count++) backend.put({ main: ++main, sub: 0 }, kv("k", main));
      backend.flush();
      const asked = [backend.defragment(), backend.defragment()];
      for (let count = 0; count < 50; count++) backend.put({ main: ++main, sub: 0 }, kv("k", main));
      backend.flush();
      await Promise.all([...asked, backend.defragment()]);
      assert.equal([...backend.scan(0)].length, main - 1);
    }
    await backend.close();
    const again = new LmdbBackend(directory);
    assert.equal([...again.scan(0)].length, main - 1);
    await again.close();
    rmSync(directory, { recursive: true });
  });
});

describe("LmdbBackend", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-backend-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("writes nothing while there is nothing new", async () => {
    const backend = new LmdbBackend(directory);
    const written = async () => {
      await backend.sync();
      return backend.commitDurations.count;
    };
    const mark = { index: 5, term: 1, configuration: { voters: ["1"], outgoing: [], learners: [] } };
    backend.setApplied(mark);
    const first = await written();
    assert.equal(await written(), first);
    backend.setApplied({ ...mark, index: 6 });
    assert.equal(await written(), first + 1);
    await backend.close();
    const again = new LmdbBackend(directory);
    assert.equal(again.applied()?.index, 6);
    again.setRevisions({ compacted: 3, finished: 3, current: 9 });
    await again.close();
    const last = new LmdbBackend(directory);
    assert.deepEqual(last.revisions(), { compacted: 3, finished: 3, current: 9 });
    await last.close();
  });

  it("writes nothing while it is held, and nothing more when what it is held for fails", async () => {
    const backend = new LmdbBackend(directory);
    const written = () => [...backend.pin().records()].length;
    const before = written();
    const saved = Promise.withResolvers<void>();
    backend.put({ main: 2, sub: 0 }, kv("k", 2));
    backend.holdUntil(saved.promise);
    backend.flush();
    const synced = backend.sync().then(written);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(written(), before);
    assert.equal(backend.get({ main: 2, sub: 0 })?.key, "k");
    saved.resolve();
    assert.ok((await synced) > before);
    backend.put({ main: 3, sub: 0 }, kv("k", 3));
    backend.holdUntil(Promise.reject(new Error("no space left")));
    await assert.rejects(backend.sync(), /no space left/);
    await assert.rejects(backend.close(), /no space left/);
    await backend.abandon();
    const again = new LmdbBackend(directory);
    assert.equal([...again.scan(0)].length, 1);
    await again.close();
  });

  it("is known to other processes as long as it is open, whatever was read last", async () => {
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    const backend = new LmdbBackend(directory);
    await turn();
    const frozen = backend.freeze();
    await turn();
    frozen.release();
    assert.deepEqual(processesOf(directory), [process.pid]);
    await backend.defragment();
    await turn();
    assert.deepEqual(processesOf(directory), [process.pid]);
    await backend.close();
    assert.deepEqual(processesOf(directory), []);
  });
});

/** Who has it open, as another process sees it. */
function processesOf(directory: string): number[] {
  const module = new URL("lmdb-backend.ts", import.meta.url).href;
  const script = `
    import { LmdbBackend } from ${JSON.stringify(module)};
    const backend = new LmdbBackend(${JSON.stringify(directory)});
    console.log(JSON.stringify(backend.otherProcesses()));
    await backend.abandon();`;
  const args = ["--input-type=module-typescript", "--eval", script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as number[];
}
