import { invariant } from "@drydock/base";
import { compareBytes } from "./bytes.ts";
import {
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  MAX_INLINE_BYTES,
  MAX_KEY_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  type PageId,
  viewOf,
} from "./format.ts";
import { type BranchElement, type LeafElement, pagesFor, type TreePage, writeLeaf } from "./pages.ts";

/** A key of a bucket: with its value, or with the items of the bucket of that name, which are asked for anew in each pass. */
export type Item =
  | { readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly key: Uint8Array; readonly items: () => Iterable<Item> };

/** Counts the pages that are given away. */
export class PageCounter {
  next: PageId;

  constructor(first: PageId) {
    this.next = first;
  }

  take(pages: number): PageId {
    const id = this.next;
    this.next += pages;
    return id;
  }
}

/** The page that `elements` fill, at the next free place. */
type Place = (pages: number) => PageId;

/** Pages of one level of a tree, from its elements in order: at most one page is held back. */
class Level<E extends { readonly key: Uint8Array }> {
  readonly #sizeOf: (element: E) => number;
  readonly #leastElements: number;
  elements: E[] = [];
  sizeBytes = PAGE_HEADER_BYTES;

  constructor(sizeOf: (element: E) => number, leastElements: number) {
    this.#sizeOf = sizeOf;
    this.#leastElements = leastElements;
  }

  hasRoomFor(element: E): boolean {
    return this.elements.length < this.#leastElements || this.sizeBytes + this.#sizeOf(element) <= PAGE_BYTES;
  }

  add(element: E): void {
    this.elements.push(element);
    this.sizeBytes += this.#sizeOf(element);
  }

  /** What was held back, with its place; the level is empty behind it. */
  take(place: Place): { id: PageId; sizeBytes: number; elements: E[] } {
    const { elements, sizeBytes } = this;
    this.elements = [];
    this.sizeBytes = PAGE_HEADER_BYTES;
    return { id: place(pagesFor(sizeBytes)), sizeBytes, elements };
  }
}

const leafLevel = () => new Level<LeafElement>(({ key, value }) => ELEMENT_BYTES + key.length + value.length, 1);
// A branch of a single page would make the tree higher and nothing else.
const branchLevel = () => new Level<BranchElement>(({ key }) => ELEMENT_BYTES + key.length, 2);

/** One bucket's tree, from below: a full leaf goes out and leaves its first key to the branch above. Memory: a page for each level. */
class TreeBuilder {
  readonly leaf = leafLevel();
  readonly #branches: Level<BranchElement>[] = [];
  readonly #place: Place;
  hasBuckets = false;
  #lastKey: Uint8Array | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  get isOneLeaf(): boolean {
    return this.#branches.length === 0;
  }

  *add(element: LeafElement): Generator<TreePage> {
    checkKey(element.key, this.#lastKey);
    this.#lastKey = element.key;
    this.hasBuckets ||= element.isBucket;
    if (!this.leaf.hasRoomFor(element)) yield* this.#flushLeaf();
    this.leaf.add(element);
  }

  /** Returns the root. */
  *finish(): Generator<TreePage, PageId> {
    let top = yield* this.#flushLeaf(this.isOneLeaf);
    for (let height = 0; height < this.#branches.length; height++) {
      const isTop = height === this.#branches.length - 1;
      top = yield* this.#flushBranch(height, isTop);
    }
    return top;
  }

  *#flushLeaf(isRoot = false): Generator<TreePage, PageId> {
    const page: TreePage = { kind: "leaf", ...this.leaf.take(this.#place) };
    yield page;
    if (!isRoot) yield* this.#link(0, { key: (page.elements[0] as LeafElement).key, child: page.id });
    return page.id;
  }

  *#link(height: number, element: BranchElement): Generator<TreePage> {
    this.#branches[height] ??= branchLevel();
    const branch = this.#branches[height] as Level<BranchElement>;
    if (!branch.hasRoomFor(element)) yield* this.#flushBranch(height, false);
    branch.add(element);
  }

  *#flushBranch(height: number, isRoot: boolean): Generator<TreePage, PageId> {
    const page: TreePage = { kind: "branch", ...(this.#branches[height] as Level<BranchElement>).take(this.#place) };
    yield page;
    if (!isRoot) yield* this.#link(height + 1, { key: (page.elements[0] as BranchElement).key, child: page.id });
    return page.id;
  }
}

/** The pages of a bucket and of those in it; returns its root page. */
export function* buildRoot(items: Iterable<Item>, counter: PageCounter): Generator<TreePage, PageId> {
  const builder = yield* fill(items, counter);
  return yield* builder.finish();
}

/** As `buildRoot`; returns what the parent keeps as the bucket's value. A small bucket has no pages of its own. */
function* buildBucket(items: Iterable<Item>, counter: PageCounter): Generator<TreePage, Uint8Array> {
  const builder = yield* fill(items, counter);
  const { leaf } = builder;
  if (builder.isOneLeaf && !builder.hasBuckets && leaf.sizeBytes <= MAX_INLINE_BYTES) {
    const inline = new Uint8Array(BUCKET_HEADER_BYTES + leaf.sizeBytes);
    writeLeaf(inline.subarray(BUCKET_HEADER_BYTES), 0, 0, leaf.elements);
    return inline;
  }
  const header = new Uint8Array(BUCKET_HEADER_BYTES);
  viewOf(header).setBigUint64(0, BigInt(yield* builder.finish()), true);
  return header;
}

function* fill(items: Iterable<Item>, counter: PageCounter): Generator<TreePage, TreeBuilder> {
  const builder = new TreeBuilder((pages) => counter.take(pages));
  for (const item of items) {
    const isBucket = "items" in item;
    const value = isBucket ? yield* buildBucket(item.items(), counter) : item.value;
    yield* builder.add({ key: item.key, value, isBucket });
  }
  return builder;
}

function checkKey(key: Uint8Array, last: Uint8Array | undefined): void {
  invariant(key.length > 0 && key.length <= MAX_KEY_BYTES, "a key has a length that bbolt takes", {
    length: key.length,
  });
  invariant(last === undefined || compareBytes(last, key) < 0, "keys come in order, each once");
}
