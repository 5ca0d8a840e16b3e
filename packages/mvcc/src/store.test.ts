import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import { hashStore } from "./hash.ts";
import { Lessor } from "./lessor.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { compareRevisions } from "./merge-revisions.ts";
import { OrderedMap } from "./ordered-map.ts";
import { Store } from "./store.ts";
import { CompactedError, FutureRevisionError, type Revision, type RevisionPair } from "./types.ts";
import { type WatchedEvent, Watchers } from "./watchers.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (value: Uint8Array) => String.fromCharCode(...value);

function put(store: Store, key: string, value: string, lease = "0") {
  return store.write((txn) => txn.put(key, bytes(value), lease));
}
function remove(store: Store, key: string, end?: string) {
  return store.write((txn) => txn.deleteRange(end === undefined ? { key } : { key, end }).previous.length);
}
function show(store: Store, revision: Revision = 0) {
  return store
    .range({ key: "", end: "\0" }, { revision })
    .kvs.map((kv) => `${kv.key}=${text(kv.value)}@${kv.createRevision}/${kv.modRevision}v${kv.version}`)
    .join(" ");
}

/** What a store must show, kept in the simplest way there is. */
class EveryRevision {
  readonly #states: Map<string, { value: string; created: number; modified: number; version: number }>[] = [];
  #next = new Map(this.#states[0]);
  #hasChanged = false;

  constructor() {
    this.#states[1] = new Map();
  }

  get revision(): Revision {
    return this.#states.length - 1;
  }

  changed(key: string, kind: "put" | "gone" | "same", value = ""): void {
    if (kind === "same") return;
    const modified = this.#states.length;
    const before = this.#next.get(key);
    this.#hasChanged = true;
    if (kind === "gone") this.#next.delete(key);
    else
      this.#next.set(key, {
        value,
        created: before?.created ?? modified,
        modified,
        version: (before?.version ?? 0) + 1,
      });
  }

  committed(): void {
    if (this.#hasChanged) this.#states.push(this.#next);
    this.#next = new Map(this.#states.at(-1));
    this.#hasChanged = false;
  }

  show(revision: Revision): string {
    return [...(this.#states[revision] ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { value, created, modified, version }]) => `${key}=${value}@${created}/${modified}v${version}`)
      .join(" ");
  }
}

describe("OrderedMap", () => {
  it("agrees with a sorted array over many random changes", () => {
    const prng = createPrng(3);
    const map = new OrderedMap<number>();
    const model = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const key = `k${prng.integer(3000)}`;
      if (prng.next() < 0.4) assert.equal(map.delete(key), model.delete(key));
      else {
        map.update(key, () => i);
        model.set(key, i);
      }
    }
    const entriesIn = (from: string, to?: string) => {
      const entries: [string, number][] = [];
      map.forEachIn(from, to, (value, key) => entries.push([key, value]));
      return entries;
    };
    const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(entriesIn(""), sorted);
    assert.deepEqual(
      entriesIn("k2", "k25"),
      sorted.filter(([key]) => key >= "k2" && key < "k25"),
    );
    assert.equal(map.size, model.size);
    for (let i = 0; i < 3000; i++) assert.equal(map.get(`k${i}`), model.get(`k${i}`));
  });
});

describe("Store", () => {
  it("keeps every revision until it is compacted", () => {
    const store = new Store(new MemoryBackend());
    put(store, "a", "1");
    put(store, "b", "2");
    put(store, "a", "3");
    remove(store, "a");
    put(store, "a", "4");
    assert.equal(store.revision, 6);
    assert.equal(show(store), "a=4@6/6v1 b=2@3/3v1");
    assert.equal(show(store, 4), "a=3@2/4v2 b=2@3/3v1");
    assert.equal(show(store, 5), "b=2@3/3v1");
    store.compact(5);
    assert.throws(() => show(store, 4), CompactedError);
    assert.throws(() => show(store, 7), FutureRevisionError);
    assert.throws(() => store.compact(5), CompactedError);
    assert.equal(show(store, 5), "b=2@3/3v1");
    assert.equal(show(store), "a=4@6/6v1 b=2@3/3v1");
  });

  it("agrees with a record of everything that was ever written, through compactions and restarts", () => {
    for (const seed of [1, 2, 3, 4]) {
      const prng = createPrng(seed);
      const backend = new MemoryBackend();
      const model = new EveryRevision();
      let store = new Store(backend);
      for (let step = 0; step < 600; step++) {
        store.write((txn) => {
          for (let change = prng.integer(3); change >= 0; change--) {
            const key = `k${prng.integer(12)}`;
            if (prng.next() < 0.3) model.changed(key, txn.deleteRange({ key }).previous.length > 0 ? "gone" : "same");
            else {
              txn.put(key, bytes(`${step}`), "0");
              model.changed(key, "put", `${step}`);
            }
          }
        });
        model.committed();
        assert.equal(store.revision, model.revision);
        if (prng.next() < 0.03 && store.compactedRevision < store.revision)
          store.compact(store.compactedRevision + 1 + prng.integer(store.revision - store.compactedRevision));
        if (prng.next() < 0.5) store.goOnCompacting(prng.integer(5));
        if (prng.next() < 0.05) store = new Store(backend);
        const from = Math.max(1, store.compactedRevision);
        const at = from + prng.integer(store.revision - from + 1);
        assert.equal(show(store, at), model.show(at), `seed ${seed}, step ${step}, revision ${at}`);
      }
    }
  });

  it("forgets bit by bit, in the order of revisions, and nothing else", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const prng = createPrng(seed);
      const [backend, twin] = [new MemoryBackend(), new MemoryBackend()];
      const dropped: RevisionPair[] = [];
      const forget = backend.delete.bind(backend);
      backend.delete = (at) => {
        dropped.push(at);
        forget(at);
      };
      const [store, other] = [new Store(backend), new Store(twin)];
      const change = (i: number) => {
        const key = `k${prng.integer(8)}`;
        const isDeletion = prng.next() < 0.3;
        for (const each of [store, other]) isDeletion ? remove(each, key) : put(each, key, String(i));
      };
      for (let i = 0; i < 200; i++) change(i);
      const at = 80 + prng.integer(store.revision - 80);
      for (const each of [store, other]) each.compact(at);
      assert.equal(store.isCompacting, true);
      assert.equal(other.goOnCompacting(), false);
      const before = backend.revisions();
      assert.deepEqual([before.compacted, before.finished], [at, 0]);
      for (let i = 0; store.goOnCompacting(1 + prng.integer(5)); i++) {
        if (i % 3 === 0) change(i);
        assert.equal(show(store, at), show(other, at));
        assert.equal(hashStore(store, store.revision), hashStore(other, other.revision));
        assert.equal(hashStore(new Store(backend), store.revision), hashStore(store, store.revision));
      }
      assert.equal(store.isCompacting, false);
      assert.equal(backend.revisions().finished, at);
      assert.deepEqual([...backend.scan(0)], [...twin.scan(0)]);
      assert.deepEqual(dropped, [...dropped].sort(compareRevisions));
      assert.ok(dropped.length > 50 && new Set(dropped.map(({ main }) => main)).size === dropped.length);
    }
  });

  it("brings a compaction to its end before the next one begins, and goes on with one when it is opened", () => {
    const backend = new MemoryBackend();
    const store = new Store(backend);
    for (let i = 0; i < 10; i++) put(store, "a", String(i));
    store.compact(5);
    store.compact(8);
    assert.deepEqual(backend.revisions(), { compacted: 8, finished: 5, current: 11 });
    const again = new Store(backend);
    assert.equal(again.isCompacting, true);
    again.goOnCompacting();
    assert.deepEqual(backend.revisions(), { compacted: 8, finished: 8, current: 11 });
    assert.deepEqual(
      [...backend.scan(0)].map(({ at }) => at.main),
      [8, 9, 10, 11],
    );
    assert.equal(new Store(backend).isCompacting, false);
  });

  it("gives all changes of a transaction one revision, and lets it see them", () => {
    const store = new Store(new MemoryBackend());
    store.write((txn) => {
      txn.put("a", bytes("1"), "0");
      txn.put("b", bytes("1"), "0");
      assert.equal(txn.range({ key: "a", end: "c" }).count, 2);
      assert.equal(txn.deleteRange({ key: "a" }).previous.length, 1);
    });
    assert.equal(store.revision, 2);
    assert.equal(show(store), "b=1@2/2v1");
    store.write((txn) => txn.deleteRange({ key: "zzz" }));
    assert.equal(store.revision, 2);
  });

  it("counts beyond the limit, sorts and filters", () => {
    const store = new Store(new MemoryBackend());
    for (const key of ["c", "a", "b"]) put(store, key, key);
    const all = { key: "", end: "\0" };
    const limited = store.range(all, { limit: 2 });
    assert.deepEqual([limited.kvs.map((kv) => kv.key), limited.count, limited.hasMore], [["a", "b"], 3, true]);
    const newest = store.range(all, { limit: 1, sort: (a, b) => b.modRevision - a.modRevision });
    assert.deepEqual([newest.kvs.map((kv) => kv.key), newest.hasMore], [["b"], true]);
    assert.deepEqual(
      store.range(all, { filter: (kv) => kv.modRevision > 2 }).kvs.map((kv) => kv.key),
      ["a", "b"],
    );
    assert.equal(store.range(all, { isCountOnly: true }).count, 3);
  });

  it("knows the leases of its keys when it comes back, as the last put left them", () => {
    const backend = new MemoryBackend();
    const put = (key: string, lease: string) =>
      new Store(backend).write((txn) => txn.put(key, new Uint8Array(1), lease));
    for (const key of ["kept", "moved", "let go", "deleted"]) put(key, "1");
    put("moved", "2");
    put("let go", "0");
    new Store(backend).write((txn) => txn.deleteRange({ key: "deleted" }));
    const again = new Store(backend);
    assert.deepEqual(Object.fromEntries(again.takeLeasedKeys()), { kept: "1", moved: "2" });
    assert.equal(again.takeLeasedKeys().size, 0);
  });

  it("comes back from its backend as it was, under random work and compactions", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const prng = createPrng(seed);
      const backend = new MemoryBackend();
      const store = new Store(backend);
      for (let i = 0; i < 300; i++) {
        const key = `k${prng.integer(10)}`;
        const dice = prng.next();
        if (dice < 0.6) put(store, key, String(i));
        else if (dice < 0.9) remove(store, key, prng.next() < 0.2 ? "\0" : undefined);
        else if (store.revision - 3 > store.compactedRevision) store.compact(store.revision - 3);
        store.goOnCompacting(prng.integer(4));
      }
      const again = new Store(backend);
      assert.equal(again.revision, store.revision);
      for (let at = Math.max(1, store.compactedRevision); at <= store.revision; at++)
        assert.equal(show(again, at), show(store, at), `seed ${seed}, revision ${at}`);
      assert.equal(hashStore(again, again.revision), hashStore(store, store.revision));
    }
  });
});

describe("Watchers", () => {
  function watch(watchers: Watchers, startRevision: Revision, accept: () => boolean = () => true) {
    const seen: string[] = [];
    const deliver = (events: readonly WatchedEvent[]) => {
      if (!accept()) return false;
      for (const { type, kv, previous } of events)
        seen.push(`${type} ${kv.key}@${kv.modRevision}${previous ? ` was ${text(previous.value)}` : ""}`);
      return true;
    };
    const compacted = (at: Revision) => seen.push(`compacted ${at}`);
    watchers.add({ range: { key: "a", end: "c" }, startRevision, wantsPrevious: true, deliver, compacted });
    return seen;
  }

  it("tells of the past, then of the present, each change once", () => {
    const store = new Store(new MemoryBackend());
    const watchers = new Watchers(store);
    put(store, "a", "1");
    put(store, "x", "1");
    put(store, "a", "2");
    const seen = watch(watchers, 2);
    assert.deepEqual(watchers.count, { synced: 0, unsynced: 1 });
    while (watchers.catchUp());
    assert.deepEqual(watchers.count, { synced: 1, unsynced: 0 });
    remove(store, "a");
    assert.deepEqual(seen, ["put a@2", "put a@4 was 1", "delete a@5 was 2"]);
  });

  it("brings a slow watcher what it could not take, later and in order", () => {
    const store = new Store(new MemoryBackend());
    const watchers = new Watchers(store);
    let isOpen = false;
    const seen = watch(watchers, 0, () => isOpen);
    put(store, "a", "1");
    put(store, "b", "2");
    watchers.catchUp();
    assert.deepEqual(seen, []);
    isOpen = true;
    while (watchers.catchUp());
    put(store, "a", "3");
    assert.deepEqual(seen, ["put a@2", "put b@3", "put a@4 was 1"]);
  });

  it("ends a watcher whose revisions are gone, and waits for one from the future", () => {
    const store = new Store(new MemoryBackend());
    const watchers = new Watchers(store);
    for (const value of ["1", "2", "3"]) put(store, "a", value);
    store.compact(3);
    const late = watch(watchers, 2);
    const early = watch(watchers, 6);
    while (watchers.catchUp());
    put(store, "a", "4");
    put(store, "a", "5");
    assert.deepEqual(late, ["compacted 3"]);
    assert.deepEqual(early, ["put a@6 was 4"]);
  });
});

describe("Lessor", () => {
  it("expires leases only as leader, and gives a new leader's clients their time again", () => {
    const backend = new MemoryBackend();
    const lessor = new Lessor(backend);
    assert.equal(lessor.grant("7", 10, 0), true);
    assert.equal(lessor.grant("7", 10, 0), false);
    lessor.attach("k", "7");
    assert.deepEqual(lessor.expired(1e9, 10), []);
    lessor.promote(1000, 500);
    assert.deepEqual(lessor.expired(11_499, 10), []);
    assert.equal(lessor.renew("7", 11_000), 10);
    assert.deepEqual(lessor.expired(21_000, 10), ["7"]);
    assert.equal(lessor.renew("7", 21_000), undefined);
    assert.deepEqual(lessor.revoke("7"), ["k"]);
    assert.equal(lessor.revoke("7"), undefined);
    assert.deepEqual([...new Lessor(backend).leases], []);
  });

  it("moves a key from lease to lease", () => {
    const lessor = new Lessor(new MemoryBackend());
    lessor.grant("1", 10, 0);
    lessor.grant("2", 10, 0);
    lessor.attach("k", "1");
    lessor.attach("k", "2");
    assert.deepEqual(lessor.revoke("1"), []);
    lessor.attach("k", "0");
    assert.deepEqual(lessor.revoke("2"), []);
  });
});
