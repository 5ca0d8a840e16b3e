import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "@drydock/mvcc";
import { LmdbBackend } from "./lmdb-backend.ts";
import { CorruptBackendError } from "./sealed-record.ts";

describe("a damaged database", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-corrupt-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const put = (store: Store, key: string, value: string) =>
    store.write((txn) => void txn.put(key, Buffer.from(value), "0"));

  /** Changes bytes of the file behind the database's back. */
  const damage = async (from: string, to: string) => {
    const path = join(directory, "db");
    const bytes = await readFile(path);
    let count = 0;
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1), count++)
      bytes.write(to, at, "latin1");
    assert.ok(count > 0, `${from} is in the file`);
    await writeFile(path, bytes);
  };

  const isCorrupt = (what: RegExp) => (error: Error) =>
    error instanceof CorruptBackendError && what.test(error.message) && error.message.includes(join(directory, "db"));

  it("is not opened: the error says which record", async () => {
    const backend = new LmdbBackend(directory);
    const store = new Store(backend);
    put(store, "a", "first");
    put(store, "b", "precious");
    await backend.close();
    await damage("precious", "preciouS");
    const again = new LmdbBackend(directory);
    assert.throws(() => new Store(again), isCorrupt(/the revisions from 2\.0 on: checksum is/));
    await again.close();
  });

  it("is not opened when it is a lease, a member or the applied index that is damaged", async () => {
    const backend = new LmdbBackend(directory);
    backend.putLease({ id: "77", ttlSeconds: 60 });
    backend.putMember({ id: "5", name: "remarkable", peerUrls: [], clientUrls: [], isLearner: false });
    backend.setApplied({ index: 9, term: 2, configuration: { voters: ["1234567"], outgoing: [], learners: [] } });
    await backend.close();
    await damage("ttlSeconds", "ttlSecondz");
    await damage("remarkable", "remarkablE");
    const again = new LmdbBackend(directory);
    assert.throws(() => [...again.leases()], isCorrupt(/lease "77"/));
    assert.throws(() => [...again.members()], isCorrupt(/member "5"/));
    await again.close();
    await damage("1234567", "1234568");
    assert.throws(() => new LmdbBackend(directory), isCorrupt(/mark "applied"/));
  });

  it("is never served: a read of the record throws", async () => {
    const backend = new LmdbBackend(directory);
    const store = new Store(backend);
    put(store, "a", "precious");
    await backend.close();
    const again = new LmdbBackend(directory);
    const intact = new Store(again);
    assert.equal(String(intact.range({ key: "a" }).kvs[0]?.value), "precious");
    // A record under another's key is damage too.
    const [record] = [...again.pin().records()].filter(({ key }) => key[0] === "r".charCodeAt(0));
    const other = Buffer.from(record?.key ?? []);
    other[12] = 1;
    assert.throws(
      () => again.putRecords([{ key: other, value: record?.value as Buffer }]),
      /received as a snapshot.*2\.1/,
    );
    const flipped = Buffer.from(record?.value ?? []);
    flipped[6] = (flipped[6] as number) ^ 1;
    assert.throws(() => again.putRecords([{ key: record?.key as Buffer, value: flipped }]), CorruptBackendError);
    await again.close();
  });
});
