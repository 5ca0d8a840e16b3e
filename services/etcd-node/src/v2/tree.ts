import { V2Error, type V2ErrorCode } from "./errors.ts";
import { isDirectory, nameOf, type V2Node } from "./node.ts";

/** Told of every change of a node, so that it can be kept. */
export interface TreeListener {
  changed(node: V2Node): void;
  removed(path: string): void;
}

export interface NodeRecord {
  readonly path: string;
  readonly value: string | undefined;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  readonly expiresAtMs: number | undefined;
}

/** Keys and directories by path. Knows what may lie where, but nothing of events and requests. Throws V2Error. */
export class Tree {
  readonly root: V2Node = newNode({ path: "", value: undefined, createdIndex: 0, modifiedIndex: 0 }, undefined);
  readonly #listener: TreeListener;
  /** All nodes with a TTL. */
  readonly #expiring = new Set<V2Node>();

  /** `records` of parents and children in any order. */
  constructor(records: Iterable<NodeRecord>, listener: TreeListener) {
    this.#listener = listener;
    for (const record of [...records].sort((a, b) => (a.path < b.path ? -1 : 1))) this.#attach(record);
  }

  /** Every node below the root. */
  get size(): number {
    const count = (node: V2Node): number =>
      [...node.children.values()].reduce((sum, child) => sum + 1 + count(child), 0);
    return count(this.root);
  }

  get(path: string, index: number): V2Node {
    let node = this.root;
    for (const name of segments(path)) {
      if (!isDirectory(node)) throw new V2Error(104, node.path, index);
      const child = node.children.get(name);
      if (!child) throw new V2Error(100, `${node.path}/${name}`, index);
      node = child;
    }
    return node;
  }

  find(path: string, index: number): V2Node | undefined {
    try {
      return this.get(path, index);
    } catch (error) {
      if (error instanceof V2Error && error.code === 100) return undefined;
      throw error;
    }
  }

  /** Makes the directories that are missing above it; `newIndex` is when. */
  create(record: NodeRecord, index: number): V2Node {
    this.#makeParents(record.path, record.createdIndex, index);
    const node = this.#attach(record);
    this.#listener.changed(node);
    return node;
  }

  write(node: V2Node, value: string | undefined, modifiedIndex: number, expiresAtMs: number | undefined): void {
    if (!isDirectory(node)) {
      node.value = value ?? "";
      node.modifiedIndex = modifiedIndex;
    }
    node.expiresAtMs = expiresAtMs;
    this.#noteExpiry(node);
    this.#listener.changed(node);
  }

  /** With everything below it. */
  remove(node: V2Node): void {
    for (const child of [...node.children.values()]) this.remove(child);
    node.parent?.children.delete(nameOf(node.path));
    this.#expiring.delete(node);
    this.#listener.removed(node.path);
  }

  /** The node that expires first, if its time has come. */
  nextExpired(nowMs: number): V2Node | undefined {
    let first: V2Node | undefined;
    for (const node of this.#expiring) {
      const at = node.expiresAtMs as number;
      if (
        at <= nowMs &&
        (!first || at < (first.expiresAtMs as number) || (at === first.expiresAtMs && node.path < first.path))
      )
        first = node;
    }
    return first;
  }

  #makeParents(path: string, createdIndex: number, index: number): void {
    let node = this.root;
    for (const name of segments(path).slice(0, -1)) {
      if (!isDirectory(node)) throw new V2Error(104 satisfies V2ErrorCode, node.path, index);
      const known = node.children.get(name);
      const fresh = { path: `${node.path}/${name}`, value: undefined, createdIndex, modifiedIndex: createdIndex };
      node = known ?? this.#attach({ ...fresh, expiresAtMs: undefined });
      if (!known) this.#listener.changed(node);
    }
    if (!isDirectory(node)) throw new V2Error(104, node.path, index);
  }

  #attach(record: NodeRecord): V2Node {
    const parent = this.get(record.path.slice(0, record.path.lastIndexOf("/")), 0);
    const node = newNode(record, parent);
    parent.children.set(nameOf(record.path), node);
    this.#noteExpiry(node);
    return node;
  }

  #noteExpiry(node: V2Node): void {
    if (node.expiresAtMs === undefined) this.#expiring.delete(node);
    else this.#expiring.add(node);
  }
}

function newNode(
  record: Omit<NodeRecord, "expiresAtMs"> & { expiresAtMs?: number | undefined },
  parent: V2Node | undefined,
): V2Node {
  return { ...record, expiresAtMs: record.expiresAtMs, children: new Map(), parent };
}

function segments(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}
