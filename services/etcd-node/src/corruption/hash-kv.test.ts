import assert from "node:assert/strict";
import { MemoryBackend, Store } from "@drydock/mvcc";
import { hashKvAt } from "./hash-kv.ts";

/** The figures are etcd's own, for the same changes. */
describe("the hash of keys", () => {
  const store = new Store(new MemoryBackend());
  const put = (key: string, value: string) => store.write((txn) => txn.put(key, Buffer.from(value), "0"));

  it("is etcd's", () => {
    assert.deepEqual(hashKvAt(store, store.revision), { hash: 1_084_519_789, hashRevision: 1, compactRevision: -1 });
    put("a", "1");
    put("b", "2");
    assert.equal(hashKvAt(store, 3).hash, 1_827_592_406);
    put("a", "3");
    store.write((txn) => txn.deleteRange({ key: "b" }));
    put("c", "4");
  });

  it("leaves out what a compaction at its revision would not keep", () => {
    store.compact(4);
    assert.deepEqual(hashKvAt(store, 6), { hash: 2_450_235_489, hashRevision: 6, compactRevision: 4 });
    assert.equal(hashKvAt(store, 5).hash, 1_468_967_122);
  });
});
