import {
  BUCKET_FLAG,
  ELEMENT_BYTES,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  PAGE_KIND,
  type PageId,
  viewOf,
  writePageHeader,
} from "./format.ts";

export interface LeafElement {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly isBucket: boolean;
}

/** A page below, and the first key in it. */
export interface BranchElement {
  readonly key: Uint8Array;
  readonly child: PageId;
}

/** A page that has its place in the file. Its bytes are made by `encodePage`, for whoever needs them. */
export type TreePage =
  | {
      readonly kind: "leaf";
      readonly id: PageId;
      readonly sizeBytes: number;
      readonly elements: readonly LeafElement[];
    }
  | {
      readonly kind: "branch";
      readonly id: PageId;
      readonly sizeBytes: number;
      readonly elements: readonly BranchElement[];
    };

export function pagesFor(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / PAGE_BYTES));
}

export function encodePage(page: TreePage): Uint8Array {
  const pages = pagesFor(page.sizeBytes);
  const bytes = new Uint8Array(pages * PAGE_BYTES);
  if (page.kind === "leaf") writeLeaf(bytes, page.id, pages - 1, page.elements);
  else writeBranch(bytes, page.id, pages - 1, page.elements);
  return bytes;
}

/** Positions of keys count from their own element. */
export function writeLeaf(bytes: Uint8Array, id: PageId, overflow: number, elements: readonly LeafElement[]): void {
  const view = viewOf(bytes);
  writePageHeader(view, { id, kind: PAGE_KIND.leaf, count: elements.length, overflow });
  let at = PAGE_HEADER_BYTES;
  let data = at + elements.length * ELEMENT_BYTES;
  for (const { key, value, isBucket } of elements) {
    view.setUint32(at, isBucket ? BUCKET_FLAG : 0, true);
    view.setUint32(at + 4, data - at, true);
    view.setUint32(at + 8, key.length, true);
    view.setUint32(at + 12, value.length, true);
    bytes.set(key, data);
    bytes.set(value, data + key.length);
    data += key.length + value.length;
    at += ELEMENT_BYTES;
  }
}

function writeBranch(bytes: Uint8Array, id: PageId, overflow: number, elements: readonly BranchElement[]): void {
  const view = viewOf(bytes);
  writePageHeader(view, { id, kind: PAGE_KIND.branch, count: elements.length, overflow });
  let at = PAGE_HEADER_BYTES;
  let data = at + elements.length * ELEMENT_BYTES;
  for (const { key, child } of elements) {
    view.setUint32(at, data - at, true);
    view.setUint32(at + 4, key.length, true);
    view.setBigUint64(at + 8, BigInt(child), true);
    bytes.set(key, data);
    data += key.length;
    at += ELEMENT_BYTES;
  }
}
