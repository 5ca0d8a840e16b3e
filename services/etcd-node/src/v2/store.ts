import type { V2Command } from "@drydock/proto/drydock/raft/v1/raft";
import { pack, unpack } from "msgpackr";
import { V2Error } from "./errors.ts";
import type { StoredEvent, V2Action, V2Event } from "./event.ts";
import { EventWindow, WINDOW_EVENTS } from "./event-window.ts";
import { isDirectory, renderView, type V2Node, type ViewOptions, viewOf, viewWithChildren } from "./node.ts";
import { RequestCounts } from "./request-counts.ts";
import { type NodeRecord, Tree } from "./tree.ts";
import { type V2Watcher, WatchHub } from "./watch-hub.ts";

export interface V2Backend {
  putIn(section: "v2", name: string, value: Buffer | undefined): void;
  recordsIn(section: "v2"): Iterable<Buffer>;
}

type StoredRecord =
  | { readonly kind: "node"; readonly node: NodeRecord }
  | { readonly kind: "event"; readonly event: StoredEvent }
  | { readonly kind: "index"; readonly index: number };

/** Wide enough for any index, so that keys made in order also sort in order. */
const IN_ORDER_DIGITS = 20;

/**
 * The tree of keys that the second API serves, with its own count of changes. Deterministic: the same commands give the same tree and
 * the same events on every member. Throws V2Error.
 */
export class V2Store {
  readonly #backend: V2Backend;
  readonly #tree: Tree;
  readonly #window: EventWindow;
  readonly #hub = new WatchHub();
  readonly counts = new RequestCounts();
  #index = 0;

  constructor(backend: V2Backend) {
    this.#backend = backend;
    const nodes: NodeRecord[] = [];
    const events: StoredEvent[] = [];
    for (const bytes of backend.recordsIn("v2")) {
      const record = unpack(bytes) as StoredRecord;
      if (record.kind === "node") nodes.push(record.node);
      else if (record.kind === "event") events.push(record.event);
      else this.#index = record.index;
    }
    this.#tree = new Tree(nodes, {
      changed: (node) => this.#keep(node),
      removed: (path) => this.#backend.putIn("v2", `n${path}`, undefined),
    });
    this.#window = new EventWindow(
      events.sort((a, b) => a.index - b.index),
      this.#index,
    );
  }

  /** Of the latest change. */
  get index(): number {
    return this.#index;
  }
  get watcherCount(): number {
    return this.#hub.size;
  }
  get nodeCount(): number {
    return this.#tree.size;
  }

  get(path: string, options: ViewOptions): V2Event {
    const node = this.#tree.find(path, this.#index);
    this.counts.note("get", node !== undefined);
    return { action: "get", node: viewWithChildren(node ?? this.#tree.get(path, this.#index), options) };
  }

  hasExpired(nowMs: number): boolean {
    return this.#tree.nextExpired(nowMs) !== undefined;
  }

  /** An event that has passed, or the way to wait no longer for one that comes. `sinceIndex` 0 is from now on. */
  watch(watcher: V2Watcher): StoredEvent | (() => void) {
    const sinceIndex = watcher.sinceIndex === 0 ? this.#index + 1 : watcher.sinceIndex;
    const { path, isRecursive } = watcher;
    return this.#window.find(path, isRecursive, sinceIndex, this.#index) ?? this.#hub.add({ ...watcher, sinceIndex });
  }

  /** The event that the command caused, or why it caused none. */
  run(command: V2Command): { readonly event?: V2Event; readonly error?: V2Error } {
    try {
      const event = this.apply(command);
      if (event) this.counts.note(event.action, true);
      return event ? { event } : {};
    } catch (error) {
      if (!(error instanceof V2Error)) throw error;
      this.counts.note(actionOf(command), false);
      return { error };
    }
  }

  /** The event that the command caused; none for a SYNC. */
  apply(command: V2Command): V2Event | undefined {
    if (command.method === "SYNC") return this.#expire(command.nowMs);
    if (command.path === "" && command.method !== "POST") throw new V2Error(107, "/", this.#index);
    if (command.method === "DELETE") return this.#deleteBy(command);
    if (command.method === "POST") return this.#createInOrder(command);
    return this.#put(command);
  }

  #put(command: V2Command): V2Event {
    const compares = command.prevValue !== "" || command.prevIndex > 0;
    if (command.prevExist === false) return this.#create(command);
    if (compares) return this.#compareAndSwap(command);
    return command.prevExist ? this.#update(command) : this.#set(command);
  }

  #set(command: V2Command): V2Event {
    const { path, refresh } = command;
    const previous = refresh ? this.#tree.get(path, this.#index) : this.#tree.find(path, this.#index);
    if (previous && isDirectory(previous)) throw new V2Error(102, path, this.#index);
    const before = previous && viewOf(previous, command.nowMs);
    const value = refresh ? (previous?.value ?? "") : command.value;
    const index = this.#index + 1;
    const node = this.#place({ ...command, value }, path, index);
    return this.#commit({ action: "set", node: viewOf(node, command.nowMs), prevNode: before }, refresh);
  }

  #create(command: V2Command): V2Event {
    if (this.#tree.find(command.path, this.#index)) throw new V2Error(105, command.path, this.#index);
    const node = this.#place(command, command.path, this.#index + 1);
    return this.#commit({ action: "create", node: viewOf(node, command.nowMs) }, false);
  }

  #createInOrder(command: V2Command): V2Event {
    const path = `${command.path}/${String(this.#index + 1).padStart(IN_ORDER_DIGITS, "0")}`;
    return this.#create({ ...command, path });
  }

  #update(command: V2Command): V2Event {
    const { path, value, nowMs, refresh } = command;
    const node = this.#tree.get(path, this.#index);
    if (isDirectory(node) && value !== "") throw new V2Error(102, path, this.#index);
    return this.#rewrite("update", node, refresh ? node.value : value, command, viewOf(node, nowMs));
  }

  #compareAndSwap(command: V2Command): V2Event {
    const node = this.#compared(command);
    const value = command.refresh ? node.value : command.value;
    return this.#rewrite("compareAndSwap", node, value, command, viewOf(node, command.nowMs));
  }

  #rewrite(
    action: V2Action,
    node: V2Node,
    value: string | undefined,
    { nowMs, expiresAtMs, refresh }: V2Command,
    prevNode: V2Event["prevNode"],
  ): V2Event {
    const modifiedIndex = this.#index + 1;
    this.#tree.write(node, value, modifiedIndex, expiresAtMs || undefined);
    // A directory keeps the index of its creation; the event tells its own.
    const parts = { key: node.path, value: node.value, expiresAtMs: node.expiresAtMs, nowMs };
    const view = renderView({ ...parts, modifiedIndex, createdIndex: node.createdIndex });
    return this.#commit({ action, node: view, prevNode }, refresh);
  }

  #deleteBy(command: V2Command): V2Event {
    if (command.prevValue !== "" || command.prevIndex > 0)
      return this.#remove("compareAndDelete", this.#compared(command), command.nowMs);
    const { path, recursive } = command;
    const node = this.#tree.get(path, this.#index);
    if (isDirectory(node) && !command.dir && !recursive) throw new V2Error(102, path, this.#index);
    if (node.children.size > 0 && !recursive) throw new V2Error(108, path, this.#index);
    return this.#remove("delete", node, command.nowMs);
  }

  #remove(action: V2Action, node: V2Node, nowMs: number): V2Event {
    const prevNode = viewOf(node, nowMs);
    this.#tree.remove(node);
    const { key, dir, createdIndex } = prevNode;
    const modifiedIndex = this.#index + 1;
    const view = { key, ...(dir ? { dir } : {}), modifiedIndex, createdIndex } as V2Event["node"];
    return this.#commit({ action, node: view, prevNode }, false);
  }

  #expire(nowMs: number): undefined {
    for (let node = this.#tree.nextExpired(nowMs); node; node = this.#tree.nextExpired(nowMs)) {
      this.#remove("expire", node, nowMs);
      this.counts.note("expire", true);
    }
  }

  #compared({ path, prevValue, prevIndex }: V2Command): V2Node {
    const node = this.#tree.get(path, this.#index);
    if (isDirectory(node)) throw new V2Error(102, path, this.#index);
    const failures: string[] = [];
    if (prevValue !== "" && prevValue !== node.value) failures.push(`[${prevValue} != ${node.value}]`);
    if (prevIndex !== 0 && prevIndex !== node.modifiedIndex) failures.push(`[${prevIndex} != ${node.modifiedIndex}]`);
    if (failures.length > 0) throw new V2Error(101, failures.join(" "), this.#index);
    return node;
  }

  #place({ dir, value, expiresAtMs }: V2Command, path: string, index: number): V2Node {
    const record = {
      path,
      value: dir ? undefined : value,
      createdIndex: index,
      modifiedIndex: index,
      expiresAtMs: expiresAtMs || undefined,
    };
    const old = this.#tree.find(path, this.#index);
    if (old) this.#tree.remove(old);
    return this.#tree.create(record, this.#index);
  }

  #commit({ action, node, prevNode }: V2Event, isRefresh: boolean): V2Event {
    this.#index++;
    const event: V2Event = prevNode ? { action, node, prevNode } : { action, node };
    const stored = { index: this.#index, event, isRefresh };
    this.#window.add(stored);
    this.#backend.putIn("v2", `e${this.#index % WINDOW_EVENTS}`, pack({ kind: "event", event: stored }));
    this.#backend.putIn("v2", "i", pack({ kind: "index", index: this.#index }));
    if (!isRefresh) this.#hub.notify(stored);
    return event;
  }

  #keep({ path, value, createdIndex, modifiedIndex, expiresAtMs }: V2Node): void {
    const node: NodeRecord = { path, value, createdIndex, modifiedIndex, expiresAtMs };
    this.#backend.putIn("v2", `n${path}`, pack({ kind: "node", node }));
  }
}

/** What a command would have been, had it succeeded. */
function actionOf({ method, prevExist, prevValue, prevIndex }: V2Command): V2Action {
  const compares = prevValue !== "" || prevIndex > 0;
  if (method === "DELETE") return compares ? "compareAndDelete" : "delete";
  if (method === "POST" || prevExist === false) return "create";
  if (compares) return "compareAndSwap";
  return prevExist ? "update" : "set";
}
