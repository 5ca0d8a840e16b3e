import assert from "node:assert/strict";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry, SnapshotMeta } from "@drydock/raft";
import { CorruptWalError, Wal } from "./wal.ts";

const configuration = { voters: ["1", "2", "3"], outgoing: [], learners: [] };
const initial: SnapshotMeta = { index: 0, term: 0, configuration };
const entry = (index: number, term = 1, text = `e${index}`): { kind: "entries"; entries: Entry[] } => ({
  kind: "entries",
  entries: [{ index, term, type: "normal", data: Buffer.from(text) }],
});

const IDENTITY = { clusterId: "7", memberId: "1" };

const endOf = (bytes: Buffer) => bytes.findLastIndex((byte) => byte !== 0) + 1;

describe("Wal", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-wal-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const reopen = async (segmentBytes?: number) => {
    const { wal, contents } = await Wal.open({ directory, ...(segmentBytes ? { segmentBytes } : {}) });
    await wal.close();
    return contents;
  };

  it("gives back what was saved, the later of two entries of one index", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1), entry(2), entry(3)]);
    await wal.save([entry(2, 2, "new"), { kind: "hard-state", hardState: { term: 2, vote: "3", commit: 1 } }]);
    await wal.close();
    const { entries, hardState, snapshot } = await reopen();
    assert.deepEqual(
      entries.map(({ index, term, data }) => `${index}/${term} ${Buffer.from(data)}`),
      ["1/1 e1", "2/2 new"],
    );
    assert.deepEqual(hardState, { term: 2, vote: "3", commit: 1 });
    assert.deepEqual(snapshot, initial);
  });

  it("forgets a log that a snapshot from the leader does not continue, even where it is longer", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1), entry(2), entry(3), entry(4)]);
    await wal.save([{ kind: "snapshot", snapshot: { index: 3, term: 5, configuration } }]);
    await wal.close();
    const { entries, snapshot } = await reopen();
    assert.deepEqual([snapshot.index, snapshot.term, entries.length], [3, 5, 0]);
  });

  it("cuts off a torn write at whatever byte it ended", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1)]);
    const path = join(directory, (await readdir(directory))[0] as string);
    const before = endOf(await readFile(path));
    await wal.save([entry(2, 1, "torn")]);
    await wal.close();
    const whole = await readFile(path);
    for (let end = endOf(whole) - 1; end >= before; end--) {
      // What did not get to the disk reads as zeros; a file that was not allocated ends there.
      for (const torn of [Buffer.concat([whole.subarray(0, end), Buffer.alloc(64)]), whole.subarray(0, end)]) {
        await writeFile(path, torn);
        assert.deepEqual(
          (await reopen()).entries.map(({ index }) => index),
          [1],
        );
      }
    }
  });

  it("writes noted hard states with the next save, or at the end", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1)]);
    wal.note({ term: 1, vote: "1", commit: 1 });
    await wal.close();
    assert.equal((await reopen()).hardState.commit, 1);
  });

  it("refuses to start when an old record is damaged", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1, 1, "precious")]);
    await wal.save([entry(2)]);
    await wal.close();
    const name = (await readdir(directory))[0] as string;
    const file = await open(join(directory, name), "r+");
    const bytes = await file.readFile();
    await file.write(Buffer.from("P"), 0, 1, bytes.indexOf("precious"));
    await file.close();
    await assert.rejects(reopen(), (error: Error) => error instanceof CorruptWalError && error.message.includes(name));
  });

  it("goes on over segments and releases those nobody needs", async () => {
    const wal = await Wal.create({ directory, segmentBytes: 400 }, initial, IDENTITY);
    for (let index = 1; index <= 60; index++) await wal.save([entry(index)]);
    const before = (await readdir(directory)).length;
    assert.ok(before > 3);
    await wal.save([{ kind: "snapshot", snapshot: { index: 40, term: 1, configuration } }]);
    await wal.release(40);
    await wal.close();
    assert.ok((await readdir(directory)).length < before);
    const { entries, snapshot } = await reopen(400);
    assert.equal(snapshot.index, 40);
    assert.deepEqual([entries[0]?.index, entries.at(-1)?.index], [41, 60]);
  });
});
