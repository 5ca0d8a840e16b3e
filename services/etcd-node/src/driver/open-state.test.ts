import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry, SnapshotRequest } from "@drydock/raft";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import type { Bootstrap } from "../cluster/identity.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { memberPaths, openMember, type Restored } from "./open-state.ts";

const configuration = { voters: ["1", "2", "3"], outgoing: [], learners: [] };
const identity = { clusterId: "7", memberId: "1" };
const bootstrap = async (): Promise<Bootstrap> => ({ identity, isJoining: false, members: [] });
const entries = (from: number, to: number, term: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, offset) => ({
    index: from + offset,
    term,
    type: "normal",
    data: Buffer.from(`${term}`),
  }));

describe("opening a data directory", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "drydock-member-"));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  const close = async ({ state, wal }: Pick<Restored, "state" | "wal">) => {
    await state.backend.close();
    await wal.close();
  };

  it("leaves nothing mapped of the file that it has read", async function () {
    const smaps = "/proc/self/smaps";
    if (!existsSync(smaps)) this.skip();
    const begun = await openMember(dataDir, bootstrap);
    const value = Buffer.alloc(64 * 1024, 1);
    const put = (main: number) => begun.state.machine.store.write((txn) => txn.put(`k${main}`, value, "0"));
    for (let main = 2; main < 200; main++) put(main);
    await close(begun);
    const reopened = await openMember(dataDir, bootstrap);
    const { path } = reopened.state.backend;
    const mappedKiB = mappedKiBOf(path, readFileSync(smaps, "utf8"));
    assert.equal(reopened.state.machine.store.range({ key: "k7" }).kvs[0]?.value.length, value.length);
    await close(reopened);
    assert.ok(mappedKiB < 4096, `${mappedKiB} KiB of 12 MiB`);
  });

  /** As a process leaves it that ended right after a snapshot of entry 5, term 4, was installed. */
  const endAfterInstall = async (log: readonly Entry[], failpoint: (name: string) => undefined = () => undefined) => {
    const restored = await openMember(dataDir, bootstrap);
    const { wal } = restored;
    await wal.save([
      { kind: "entries", entries: log },
      { kind: "hard-state", hardState: { term: 3, vote: "2", commit: 1 } },
    ]);
    const source = new LmdbBackend(join(dataDir, "leader"));
    source.setApplied({ index: 5, term: 4, configuration });
    await source.sync();
    const records = [...source.pin().records()];
    await source.close();
    const incoming = new IncomingSnapshot(dataDir, failpoint);
    const meta = { index: 5, term: 4, configuration };
    const message: SnapshotRequest = { type: "snapshot", from: "2", to: "1", term: 4, meta };
    const installed = Promise.withResolvers<Restored["state"]>();
    const received = incoming.receive(
      message,
      (async function* () {
        yield records;
      })(),
      () => void incoming.install(restored.state).then(({ state }) => installed.resolve(state), installed.reject),
    );
    received.catch(() => {});
    await close({ wal, state: await installed.promise });
    await received;
  };

  for (const [name, log] of [
    ["shorter", entries(2, 3, 2)],
    ["longer, and another one", entries(2, 9, 2)],
  ] as const) {
    it(`takes an installed snapshot for what holds when the log is ${name}`, async () => {
      await endAfterInstall(log);
      // Twice: what the first start writes must be read the same way.
      for (let start = 0; start < 2; start++) {
        const restored = await openMember(dataDir, bootstrap);
        assert.deepEqual([restored.snapshot.index, restored.snapshot.term, restored.applied], [5, 4, 5]);
        assert.deepEqual(restored.entries, []);
        assert.deepEqual(restored.hardState, { term: 4, vote: "", commit: 5 });
        await close(restored);
      }
    });
  }

  it("keeps a log that the state is a part of", async () => {
    const restored = await openMember(dataDir, bootstrap);
    await restored.wal.save([{ kind: "entries", entries: entries(2, 9, 2) }]);
    restored.state.backend.setApplied({ index: 5, term: 2, configuration });
    await close(restored);
    const again = await openMember(dataDir, bootstrap);
    assert.deepEqual([again.applied, again.entries.length], [5, 8]);
    await close(again);
  });

  it("drops half of a snapshot that was never installed, and has the old state still", async () => {
    const { backend, incoming } = memberPaths(dataDir);
    await close(await openMember(dataDir, bootstrap));
    const half = new LmdbBackend(incoming);
    await half.close();
    const restored = await openMember(dataDir, bootstrap);
    assert.equal(restored.applied, 1);
    assert.equal(restored.state.backend.path, join(backend, "db"));
    await close(restored);
  });
});

/** How much of the file's mappings is in memory. */
function mappedKiBOf(path: string, smaps: string): number {
  let isWanted = false;
  let sum = 0;
  for (const line of smaps.split("\n")) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isWanted = line.endsWith(path);
    else if (isWanted && line.startsWith("Rss:")) sum += Number(line.match(/\d+/)?.[0]);
  }
  return sum;
}
