import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import type { V2Command } from "@drydock/proto/drydock/raft/v1/raft";
import type { V2Event } from "./event.ts";
import { WINDOW_EVENTS } from "./event-window.ts";
import { V2Store } from "./store.ts";

class FakeBackend {
  readonly records = new Map<string, Buffer>();
  putIn(_section: "v2", name: string, value: Buffer | undefined): void {
    if (value) this.records.set(name, value);
    else this.records.delete(name);
  }
  recordsIn(): Iterable<Buffer> {
    return this.records.values();
  }
}

const NOW_MS = 1_000_000;

function command(method: string, path: string, part: Partial<V2Command> = {}): V2Command {
  return {
    method,
    path,
    value: "",
    dir: false,
    recursive: false,
    prevValue: "",
    prevIndex: 0,
    prevExist: undefined,
    refresh: false,
    expiresAtMs: 0,
    nowMs: NOW_MS,
    ...part,
  };
}
const put = (path: string, value: string, part: Partial<V2Command> = {}) => command("PUT", path, { value, ...part });
const remove = (path: string, part: Partial<V2Command> = {}) => command("DELETE", path, part);

/** `action key=value@modified/created`, with the previous value behind it, or the error. */
function show(store: V2Store, request: V2Command): string {
  const { event, error } = store.run(request);
  if (error) return `${error.code} ${error.cause} [${error.index}]`;
  return event ? render(event) : "";
}

function render({ action, node, prevNode }: V2Event): string {
  const one = ({ key = "", value, dir, ttl, modifiedIndex, createdIndex }: V2Event["node"]) =>
    `${key}${dir ? "/" : ""}${value === undefined ? "" : `=${value}`}${ttl ? ` ttl ${ttl}` : ""} @${modifiedIndex}/${createdIndex}`;
  return `${action} ${one(node)}${prevNode ? ` was ${one(prevNode)}` : ""}`;
}

function dump(store: V2Store): string {
  return JSON.stringify(store.get("", { isRecursive: true, isSorted: true, nowMs: NOW_MS }));
}

describe("the second API's store", () => {
  const table: readonly [request: V2Command, expected: string][] = [
    [put("/a", "1"), "set /a=1 @1/1"],
    [put("/a", "2"), "set /a=2 @2/2 was /a=1 @1/1"],
    [put("/a", "3", { prevExist: true }), "update /a=3 @3/2 was /a=2 @2/2"],
    [put("/a", "4", { prevExist: false }), "105 /a [3]"],
    [put("/b", "1", { prevExist: true }), "100 /b [3]"],
    [put("/a", "4", { prevValue: "x" }), "101 [x != 3] [3]"],
    [put("/a", "4", { prevIndex: 9, prevValue: "x" }), "101 [x != 3] [9 != 3] [3]"],
    [put("/a", "4", { prevIndex: 3 }), "compareAndSwap /a=4 @4/2 was /a=3 @3/2"],
    [put("/a/b", "1"), "104 /a [4]"],
    [put("/d/e/f", "1"), "set /d/e/f=1 @5/5"],
    [put("/d", "1"), "102 /d [5]"],
    [put("/d", "", { dir: true }), "102 /d [5]"],
    [put("/d", "1", { prevExist: true }), "102 /d [5]"],
    [put("/d", "", { prevExist: true, expiresAtMs: NOW_MS + 5000 }), "update /d/ ttl 5 @6/5 was /d/ @5/5"],
    [remove("/d"), "102 /d [6]"],
    [remove("/d", { dir: true }), "108 /d [6]"],
    [command("POST", "/q", { value: "j" }), "create /q/00000000000000000007=j @7/7"],
    [put("/a", "", { refresh: true, expiresAtMs: NOW_MS + 2500 }), "set /a=4 ttl 3 @8/8 was /a=4 @4/2"],
    [remove("/a", { prevValue: "5" }), "101 [5 != 4] [8]"],
    [remove("/a", { prevIndex: 8 }), "compareAndDelete /a @9/8 was /a=4 ttl 3 @8/8"],
    [command("SYNC", "", { nowMs: NOW_MS + 4999 }), ""],
    [put("/d/e/g", "2"), "set /d/e/g=2 @10/10"],
    [command("SYNC", "", { nowMs: NOW_MS + 5000 }), ""],
    [put("/d/e/g", "3", { prevExist: true }), "100 /d [11]"],
    [remove(""), "107 / [11]"],
    [put("", "1"), "107 / [11]"],
  ];

  it("follows upstream's rules, step by step", () => {
    const store = new V2Store(new FakeBackend());
    for (const [request, expected] of table)
      assert.equal(show(store, request), expected, `${request.method} ${request.path}`);
  });

  it("lists what is below a directory, without what is hidden", () => {
    const store = new V2Store(new FakeBackend());
    for (const path of ["/d/b/c", "/d/a", "/d/_hidden"]) store.run(put(path, "1"));
    const list = (isRecursive: boolean) => {
      const { nodes = [] } = store.get("/d", { isRecursive, isSorted: true, nowMs: NOW_MS }).node;
      return nodes.map(({ key, nodes: inner }) => [key, inner?.map((each) => each.key)]);
    };
    assert.deepEqual(list(false), [
      ["/d/a", undefined],
      ["/d/b", undefined],
    ]);
    assert.deepEqual(list(true), [
      ["/d/a", undefined],
      ["/d/b", ["/d/b/c"]],
    ]);
  });

  it("comes back from its backend as it was, history included, under random work", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const prng = createPrng(seed);
      const backend = new FakeBackend();
      const store = new V2Store(backend);
      for (let step = 0; step < 1500; step++) {
        const path = Array.from({ length: 1 + prng.integer(3) }, () => `/k${prng.integer(4)}`).join("");
        const dice = prng.next();
        const expiresAtMs = prng.next() < 0.2 ? NOW_MS + prng.integer(3000) : 0;
        if (dice < 0.6) store.run(put(path, String(step), { expiresAtMs }));
        else if (dice < 0.8) store.run(remove(path, { recursive: true }));
        else if (dice < 0.9) store.run(command("POST", path, { value: "x" }));
        else store.run(command("SYNC", "", { nowMs: NOW_MS + prng.integer(3000) }));
      }
      const again = new V2Store(backend);
      assert.equal(again.index, store.index, `seed ${seed}`);
      assert.equal(dump(again), dump(store), `seed ${seed}`);
      const watcher = { path: "", isRecursive: true, isStream: false, sinceIndex: store.index - 50, deliver() {} };
      assert.deepEqual(again.watch(watcher), store.watch(watcher));
    }
  });
});

describe("the second API's watchers", () => {
  function watch(store: V2Store, path: string, sinceIndex = 0, isRecursive = false) {
    const seen: string[] = [];
    const deliver = ({ event }: { event: V2Event }) => seen.push(render(event));
    const found = store.watch({ path, isRecursive, isStream: false, sinceIndex, deliver });
    if (typeof found !== "function") seen.push(`at once: ${render(found.event)}`);
    return seen;
  }

  it("are told once of what concerns them: their key, keys below, a directory above that goes", () => {
    const store = new V2Store(new FakeBackend());
    store.run(put("/d/k", "1"));
    const exact = watch(store, "/d/k");
    const other = watch(store, "/d");
    const below = watch(store, "/d", 0, true);
    const hidden = watch(store, "/h", 0, true);
    store.run(put("/h/_secret/k", "1"));
    store.run(put("/d/k2", "2"));
    store.run(remove("/d", { recursive: true }));
    assert.deepEqual(exact, ["delete /d/ @4/1 was /d/ @1/1"]);
    assert.deepEqual(other, ["delete /d/ @4/1 was /d/ @1/1"]);
    assert.deepEqual(below, ["set /d/k2=2 @3/3"]);
    assert.deepEqual(hidden, []);
  });

  it("hear of the past while it is remembered, and of no refresh", () => {
    const store = new V2Store(new FakeBackend());
    store.run(put("/a", "1"));
    store.run(put("/a", "", { refresh: true, expiresAtMs: NOW_MS + 1000 }));
    store.run(put("/a", "2"));
    assert.deepEqual(watch(store, "/a", 1), ["at once: set /a=1 @1/1"]);
    assert.deepEqual(watch(store, "/a", 2), ["at once: set /a=2 @3/3 was /a=1 ttl 1 @2/2"]);
    for (let count = 0; count < WINDOW_EVENTS; count++) store.run(put("/fill", "x"));
    assert.throws(() => watch(store, "/a", 1), { code: 401, cause: "the requested history has been cleared [4/1]" });
  });
});
