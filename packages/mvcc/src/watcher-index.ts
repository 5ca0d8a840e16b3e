import { inRange, type Key, type KeyRange } from "./types.ts";

/** Those who watch one and the same range. */
export interface WatcherGroup<W> {
  readonly range: KeyRange;
  readonly watchers: Set<W>;
}

/**
 * Finds who watches a key without asking everybody: by the key itself, by each length of prefix that somebody watches, and one by one
 * only for ranges that are no prefix.
 */
export class WatcherIndex<W> {
  readonly #keys = new Map<Key, WatcherGroup<W>>();
  /** By length of the prefix. */
  readonly #prefixes = new Map<number, Map<Key, WatcherGroup<W>>>();
  readonly #others = new Map<string, WatcherGroup<W>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(range: KeyRange, watcher: W): void {
    const [groups, name] = this.#place(range);
    let group = groups.get(name);
    if (!group) {
      group = { range, watchers: new Set() };
      groups.set(name, group);
    }
    if (group.watchers.has(watcher)) return;
    group.watchers.add(watcher);
    this.#size++;
  }

  delete(range: KeyRange, watcher: W): void {
    const [groups, name] = this.#place(range);
    const group = groups.get(name);
    if (!group?.watchers.delete(watcher)) return;
    this.#size--;
    if (group.watchers.size > 0) return;
    groups.delete(name);
    if (groups.size === 0 && isPrefix(range)) this.#prefixes.delete(range.key.length);
  }

  /** Calls `visit` for every group whose range holds the key. */
  forEachOf(key: Key, visit: (group: WatcherGroup<W>) => void): void {
    const own = this.#keys.get(key);
    if (own) visit(own);
    for (const [length, groups] of this.#prefixes) {
      const group = length <= key.length ? groups.get(key.slice(0, length)) : undefined;
      if (group) visit(group);
    }
    for (const group of this.#others.values()) if (inRange(key, group.range)) visit(group);
  }

  #place(range: KeyRange): [Map<string, WatcherGroup<W>>, string] {
    if (range.end === undefined) return [this.#keys, range.key];
    if (!isPrefix(range)) return [this.#others, `${range.key.length}:${range.key}${range.end}`];
    const groups = this.#prefixes.get(range.key.length) ?? new Map<Key, WatcherGroup<W>>();
    this.#prefixes.set(range.key.length, groups);
    return [groups, range.key];
  }
}

/** The end of a prefix is the prefix with its last byte one higher. */
function isPrefix({ key, end }: KeyRange): boolean {
  if (end === undefined || end.length !== key.length || key.length === 0) return false;
  const last = key.length - 1;
  return end.charCodeAt(last) === key.charCodeAt(last) + 1 && end.slice(0, last) === key.slice(0, last);
}
