import { PAGE_BYTES, PAGE_HEADER_BYTES, PAGE_KIND, type PageId, viewOf, writePageHeader } from "./format.ts";

const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** The part that the checksum, which follows it, covers. */
const META_BYTES = 56;
/** Stands for a free list that is not kept in the file. */
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;

/** What a meta page says. A file has two: the valid one of the later transaction counts. */
export interface Meta {
  readonly pageBytes: number;
  readonly root: PageId;
  /** Undefined where the file has none. */
  readonly freelist: PageId | undefined;
  /** Pages in the file, this many from its beginning. */
  readonly pageCount: number;
  readonly transaction: number;
}

export function encodeMetaPage(id: PageId, meta: Meta): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  writePageHeader(viewOf(page), { id, kind: PAGE_KIND.meta, count: 0, overflow: 0 });
  const body = page.subarray(PAGE_HEADER_BYTES);
  const view = viewOf(body);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, meta.pageBytes, true);
  view.setBigUint64(16, BigInt(meta.root), true);
  view.setBigUint64(32, meta.freelist === undefined ? NO_FREELIST : BigInt(meta.freelist), true);
  view.setBigUint64(40, BigInt(meta.pageCount), true);
  view.setBigUint64(48, BigInt(meta.transaction), true);
  view.setBigUint64(META_BYTES, fnv64a(body.subarray(0, META_BYTES)), true);
  return page;
}

/** Undefined when it is no meta page, or a damaged one. */
export function decodeMetaPage(page: Uint8Array): Meta | undefined {
  const body = page.subarray(PAGE_HEADER_BYTES);
  if (body.length < META_BYTES + 8) return undefined;
  const view = viewOf(body);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) return undefined;
  if (view.getBigUint64(META_BYTES, true) !== fnv64a(body.subarray(0, META_BYTES))) return undefined;
  const freelist = view.getBigUint64(32, true);
  return {
    pageBytes: view.getUint32(8, true),
    root: Number(view.getBigUint64(16, true)),
    freelist: freelist === NO_FREELIST ? undefined : Number(freelist),
    pageCount: Number(view.getBigUint64(40, true)),
    transaction: Number(view.getBigUint64(48, true)),
  };
}

export function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
