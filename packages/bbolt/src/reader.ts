import { compareBytes } from "./bytes.ts";
import {
  BUCKET_FLAG,
  BUCKET_HEADER_BYTES,
  ELEMENT_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  PAGE_KIND,
  type PageHeader,
  type PageId,
  readPageHeader,
  viewOf,
} from "./format.ts";
import { decodeMetaPage, type Meta } from "./meta.ts";

/** A file, or whatever else bytes can be read from at any place. `read` returns fewer bytes only at the end. */
export interface ByteSource {
  readonly sizeBytes: number;
  read(offset: number, length: number): Uint8Array;
}

/** The file is no database, or not all of one, or contradicts itself. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Lazily read; damage shows as DamagedFileError when the damaged part is reached. */
export interface Bucket {
  /** Without the buckets in it, in order. */
  entries(): Iterable<Entry>;
  buckets(): Iterable<{ readonly name: Uint8Array; readonly bucket: Bucket }>;
  bucket(name: Uint8Array): Bucket | undefined;
}

/** Deeper than any tree that fits into a file: pages that point to each other end here. */
const MAX_DEPTH = 64;
const LARGEST_PAGE_BYTES = 65_536;

/** The root bucket, and what the file says of itself. */
export function openDatabase(source: ByteSource): { readonly root: Bucket; readonly sizeBytes: number } {
  const meta = readMeta(source);
  const sizeBytes = meta.pageCount * meta.pageBytes;
  if (source.sizeBytes < sizeBytes)
    throw new DamagedFileError(`the file is truncated: it has ${source.sizeBytes} bytes, and should have ${sizeBytes}`);
  return { root: new TreeBucket(new Pages(source, meta), meta.root), sizeBytes };
}

/** The valid meta page of the later transaction. The second one lies behind the first page, however large that is. */
function readMeta(source: ByteSource): Meta {
  const first = decodeMetaPage(source.read(0, PAGE_BYTES));
  const candidates = first ? [first] : [];
  for (let at = 1024; at <= LARGEST_PAGE_BYTES; at *= 2) {
    const second = decodeMetaPage(source.read(at, PAGE_BYTES));
    if (second?.pageBytes === at) candidates.push(second);
  }
  const meta = candidates.sort((a, b) => b.transaction - a.transaction)[0];
  if (!meta) throw new DamagedFileError("not a bbolt database: neither of its meta pages is valid");
  return meta;
}

interface Element extends Entry {
  readonly isBucket: boolean;
}

class Pages {
  readonly #source: ByteSource;
  readonly #meta: Meta;

  constructor(source: ByteSource, meta: Meta) {
    this.#source = source;
    this.#meta = meta;
  }

  read(id: PageId): { header: PageHeader; bytes: Uint8Array } {
    const { pageBytes, pageCount } = this.#meta;
    if (id < 2 || id >= pageCount) throw new DamagedFileError(`there is no page ${id}`);
    const first = this.#source.read(id * pageBytes, pageBytes);
    const header = readPageHeader(viewOf(first));
    if (header.id !== id) throw new DamagedFileError(`page ${id} says that it is page ${header.id}`);
    if (header.overflow === 0) return { header, bytes: first };
    if (id + header.overflow >= pageCount) throw new DamagedFileError(`page ${id} reaches behind the end of the file`);
    return { header, bytes: this.#source.read(id * pageBytes, (header.overflow + 1) * pageBytes) };
  }
}

class TreeBucket implements Bucket {
  readonly #pages: Pages;
  /** A page's number, or the page itself for a bucket that lies in its parent. */
  readonly #root: PageId | Uint8Array;

  constructor(pages: Pages, root: PageId | Uint8Array) {
    this.#pages = pages;
    this.#root = root;
  }

  *entries(): Iterable<Entry> {
    for (const { key, value, isBucket } of this.#elements()) if (!isBucket) yield { key, value };
  }

  *buckets(): Iterable<{ name: Uint8Array; bucket: Bucket }> {
    for (const { key, value, isBucket } of this.#elements())
      if (isBucket) yield { name: key, bucket: this.#open(value) };
  }

  bucket(name: Uint8Array): Bucket | undefined {
    for (const { key, value, isBucket } of this.#elements())
      if (isBucket && compareBytes(key, name) === 0) return this.#open(value);
    return undefined;
  }

  #open(value: Uint8Array): Bucket {
    if (value.length < BUCKET_HEADER_BYTES) throw new DamagedFileError("a bucket's description is too short");
    const root = Number(viewOf(value).getBigUint64(0, true));
    return new TreeBucket(this.#pages, root === 0 ? value.subarray(BUCKET_HEADER_BYTES) : root);
  }

  *#elements(): Iterable<Element> {
    let last: Uint8Array | undefined;
    const elements = typeof this.#root === "number" ? this.#walk(this.#root, 0) : leafElements(this.#root);
    for (const element of elements) {
      if (last && compareBytes(last, element.key) >= 0) throw new DamagedFileError("keys are not in order");
      last = element.key;
      yield element;
    }
  }

  *#walk(id: PageId, depth: number): Iterable<Element> {
    const { header, bytes } = this.#pages.read(id);
    if (header.kind === PAGE_KIND.leaf) yield* leafElements(bytes);
    else if (header.kind !== PAGE_KIND.branch || depth >= MAX_DEPTH)
      throw new DamagedFileError(`page ${id} is neither a branch nor a leaf of its tree`);
    else for (const child of branchChildren(bytes)) yield* this.#walk(child, depth + 1);
  }
}

function* leafElements(page: Uint8Array): Iterable<Element> {
  const view = viewOf(page);
  for (const at of elementOffsets(page, PAGE_KIND.leaf)) {
    const start = at + view.getUint32(at + 4, true);
    const middle = start + view.getUint32(at + 8, true);
    const end = middle + view.getUint32(at + 12, true);
    if (end > page.length) throw new DamagedFileError("a key reaches behind the end of its page");
    const isBucket = (view.getUint32(at, true) & BUCKET_FLAG) !== 0;
    yield { key: page.subarray(start, middle), value: page.subarray(middle, end), isBucket };
  }
}

function* branchChildren(page: Uint8Array): Iterable<PageId> {
  const view = viewOf(page);
  for (const at of elementOffsets(page, PAGE_KIND.branch)) yield Number(view.getBigUint64(at + 8, true));
}

function* elementOffsets(page: Uint8Array, kind: number): Iterable<number> {
  if (page.length < PAGE_HEADER_BYTES) throw new DamagedFileError("a page is too short");
  const header = readPageHeader(viewOf(page));
  if (header.kind !== kind || PAGE_HEADER_BYTES + header.count * ELEMENT_BYTES > page.length)
    throw new DamagedFileError("a page has another kind or more elements than it can have");
  for (let index = 0; index < header.count; index++) yield PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
}
