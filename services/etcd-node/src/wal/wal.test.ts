import assert from "node:assert/strict";
import { copyFile, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Entry, SnapshotMeta } from "@drydock/raft";
import { pack } from "msgpackr";
import { Wal } from "./wal.ts";
import { CorruptWalError } from "./wal-reader.ts";

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

  it("goes on where it ended, after saves of any length, in whatever pieces they are written", async () => {
    const sizes = [1, 4000, 100, 9_000_000, 8192, 70_000, 1 << 20, 5];
    const entries: Entry[] = [];
    for (const size of sizes) {
      if (entries.length === 0) await (await Wal.create({ directory }, initial, IDENTITY)).close();
      const { wal, contents } = await Wal.open({ directory });
      assert.deepEqual(contents.entries.map(digest), entries.map(digest));
      for (const way of ["soonest", "beside", "soonest"] as const) {
        const index = entries.length + 1;
        const data = Buffer.alloc(size, `entry ${index} `);
        const added: Entry = { term: 1, index, type: "normal", data };
        await wal.save([{ kind: "entries", entries: [added] }], way);
        entries.push(added);
      }
      await wal.close();
    }
    assert.deepEqual((await reopen()).entries.map(digest), entries.map(digest));
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

  const segmentNames = async () => (await readdir(directory)).filter((name) => name.endsWith(".wal")).sort();
  const indexesOf = ({ entries }: { entries: readonly Entry[] }) => entries.map(({ index }) => index);
  const hardState = (commit: number) => ({ kind: "hard-state", hardState: { term: 1, vote: "1", commit } }) as const;

  it("cuts off a torn write of several records of which only the last got to the disk", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1)]);
    await wal.save([entry(2, 1, "torn"), hardState(1)]);
    await wal.close();
    const path = join(directory, (await segmentNames())[0] as string);
    const bytes = await readFile(path);
    bytes.fill(0, bytes.indexOf("torn"), bytes.indexOf("torn") + 4);
    await writeFile(path, bytes);
    assert.deepEqual(indexesOf(await reopen()), [1]);
  });

  it("refuses to start when a hole of zeros is where a record was", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1)]);
    const path = join(directory, (await segmentNames())[0] as string);
    const start = endOf(await readFile(path));
    await wal.save([entry(2, 1, "lost")]);
    await wal.save([entry(3)]);
    await wal.close();
    const bytes = await readFile(path);
    bytes.fill(0, start, bytes.indexOf("lost") + 4);
    await writeFile(path, bytes);
    await assert.rejects(reopen(), CorruptWalError);
  });

  it("refuses to start when the end of a segment is damaged and another one follows", async () => {
    const wal = await Wal.create({ directory, segmentBytes: 400 }, initial, IDENTITY);
    for (let index = 1; (await segmentNames()).length < 2; index++) await wal.save([entry(index)]);
    await wal.close();
    const [name = ""] = await segmentNames();
    const bytes = await readFile(join(directory, name));
    bytes[endOf(bytes) - 1] = 0;
    await writeFile(join(directory, name), bytes);
    await assert.rejects(
      reopen(400),
      (error: Error) => error instanceof CorruptWalError && error.message.includes(name),
    );
  });

  it("writes over released segments and never takes for its own what is left in them", async () => {
    const wal = await Wal.create({ directory, segmentBytes: 500 }, initial, IDENTITY);
    const inodes = new Map<number, string>();
    let writtenOver = 0;
    for (let index = 1; index <= 150; index++) {
      // Of many lengths, so that old records begin at every place behind the new ones.
      await wal.save([entry(index, 1, "x".repeat((index * 7) % 90)), hardState(index)]);
      for (const name of await segmentNames()) {
        const { ino } = await stat(join(directory, name));
        if (inodes.has(ino) && inodes.get(ino) !== name) writtenOver++;
        inodes.set(ino, name);
      }
      if (index % 20 === 0) {
        await wal.save([{ kind: "snapshot", snapshot: { index: index - 5, term: 1, configuration } }]);
        await wal.release(index - 5);
      }
      const copy = await mkdtemp(join(directory, "copy-"));
      for (const name of await segmentNames()) await copyFile(join(directory, name), join(copy, name));
      const { wal: again, contents } = await Wal.open({ directory: copy, segmentBytes: 500 });
      await again.close();
      await rm(copy, { recursive: true });
      assert.equal(contents.entries.at(-1)?.index, index);
      assert.equal(contents.hardState.commit, index);
    }
    await wal.close();
    assert.ok(writtenOver > 3, `${writtenOver}`);
  });

  it("goes on in a segment that had its name and not yet a record, only what an earlier life left", async () => {
    const wal = await Wal.create({ directory, segmentBytes: 400 }, initial, IDENTITY);
    for (let index = 1; index <= 30; index++) await wal.save([entry(index)]);
    await wal.save([{ kind: "snapshot", snapshot: { index: 29, term: 1, configuration } }]);
    await wal.close();
    const names = await segmentNames();
    const [first = "", last = ""] = [names[0], names.at(-1)];
    const next = `${names.length.toString(16).padStart(16, "0")}-${(31).toString(16).padStart(16, "0")}.wal`;
    assert.ok(next > last);
    await rename(join(directory, first), join(directory, next));
    const { wal: again, contents } = await Wal.open({ directory, segmentBytes: 400 });
    assert.deepEqual(indexesOf(contents), [30]);
    await again.save([entry(31), { kind: "snapshot", snapshot: { index: 30, term: 1, configuration } }]);
    await again.release(31);
    await again.close();
    assert.deepEqual(await segmentNames(), [next], "and knows without those before whose log it is");
    assert.deepEqual(indexesOf(await reopen(400)), [31]);
  });

  it("reads a log from before records said of which save they are, and goes on in a segment of its own", async () => {
    const wal = await Wal.create({ directory }, initial, IDENTITY);
    await wal.save([entry(1), hardState(1)]);
    await wal.close();
    const [name = ""] = await segmentNames();
    await writeFile(join(directory, name), withoutMarks(await readFile(join(directory, name))));
    const { wal: again, contents } = await Wal.open({ directory });
    assert.deepEqual(indexesOf(contents), [1]);
    assert.deepEqual({ kind: "hard-state", hardState: contents.hardState }, hardState(1));
    await again.save([entry(2)]);
    await again.close();
    assert.equal((await segmentNames()).length, 2);
    assert.deepEqual(indexesOf(await reopen()), [1, 2]);
  });
});

const digest = ({ index, data }: Entry) => `${index} ${data.length} ${crc32(data)}`;

/** As logs once were: headers of 9 octets instead of 21, hard states as msgpack. */
function withoutMarks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; bytes.readUInt32LE(at) > 0; ) {
    const end = at + 21 + bytes.readUInt32LE(at);
    const kind = (bytes[at + 8] as number) & 0x7f;
    const payload = bytes.subarray(at + 21, end);
    const [term, commit, vote] = [payload.readDoubleLE(0), payload.readDoubleLE(8), payload.toString("utf8", 16)];
    const content =
      kind === 4
        ? Buffer.concat([Buffer.of(1), pack({ term, vote, commit })])
        : Buffer.concat([Buffer.of(kind), payload]);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(content.length - 1);
    head.writeUInt32LE(crc32(content), 4);
    parts.push(head, content);
    at = end;
  }
  return Buffer.concat([...parts, Buffer.alloc(256)]);
}
