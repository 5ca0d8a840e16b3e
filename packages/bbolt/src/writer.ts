import { invariant } from "@drydock/base";
import { PAGE_BYTES, PAGE_KIND, type PageId, viewOf, writePageHeader } from "./format.ts";
import { encodeMetaPage } from "./meta.ts";
import { encodePage } from "./pages.ts";
import { buildRoot, type Item, PageCounter } from "./tree.ts";

/** Where everything will be: what the first pages of a file must say of all that follow. */
export interface Layout {
  readonly root: PageId;
  readonly pageCount: number;
  readonly sizeBytes: number;
}

/** Two meta pages and the free list come first. */
const FREELIST: PageId = 2;
const FIRST_PAGE: PageId = 3;

/**
 * A database is written in two passes over the same items, because its first page names its last: the first pass only counts. So a stream needs
 * no temporary file, its length is known before its first byte, and memory is bounded by the depth of the trees. Yields between pages, that a
 * caller may pause.
 */
export function* planDatabase(buckets: () => Iterable<Item>): Generator<undefined, Layout> {
  const counter = new PageCounter(FIRST_PAGE);
  const pages = buildRoot(buckets(), counter);
  let step = pages.next();
  for (; !step.done; step = pages.next()) yield;
  return { root: step.value, pageCount: counter.next, sizeBytes: counter.next * PAGE_BYTES };
}

/** The second pass: the file from its first byte to its last, in whole pages. The items must be those of the first pass. */
export function* writeDatabase(buckets: () => Iterable<Item>, layout: Layout): Generator<Uint8Array> {
  const meta = { pageBytes: PAGE_BYTES, root: layout.root, freelist: FREELIST, pageCount: layout.pageCount };
  yield encodeMetaPage(0, { ...meta, transaction: 0 });
  yield encodeMetaPage(1, { ...meta, transaction: 1 });
  yield emptyFreelist();
  const counter = new PageCounter(FIRST_PAGE);
  for (const page of buildRoot(buckets(), counter)) yield encodePage(page);
  invariant(counter.next === layout.pageCount, "both passes see the same items", {
    planned: layout.pageCount,
    written: counter.next,
  });
}

function emptyFreelist(): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  writePageHeader(viewOf(page), { id: FREELIST, kind: PAGE_KIND.freelist, count: 0, overflow: 0 });
  return page;
}
