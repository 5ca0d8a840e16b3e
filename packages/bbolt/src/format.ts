/** The file format of bbolt, version 2: numbers are little-endian, a page has its number, its kind, how many elements and how many pages more it takes. */
export const PAGE_BYTES = 4096;
export const PAGE_HEADER_BYTES = 16;
/** Of one element, in front of keys and values. */
export const ELEMENT_BYTES = 16;
/** A bucket's root page and sequence, as its parent keeps them. */
export const BUCKET_HEADER_BYTES = 16;
/** A bucket no larger than this lies in its parent's page. */
export const MAX_INLINE_BYTES = PAGE_BYTES / 4;
export const MAX_KEY_BYTES = 32_768;

/** A page's number is its place in the file. */
export type PageId = number;

export const PAGE_KIND = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
/** Of a leaf's element: its value is a bucket. */
export const BUCKET_FLAG = 0x01;

export interface PageHeader {
  readonly id: PageId;
  readonly kind: number;
  readonly count: number;
  /** Pages that follow and belong to this one. */
  readonly overflow: number;
}

export function writePageHeader(view: DataView, { id, kind, count, overflow }: PageHeader): void {
  view.setBigUint64(0, BigInt(id), true);
  view.setUint16(8, kind, true);
  view.setUint16(10, count, true);
  view.setUint32(12, overflow, true);
}

export function readPageHeader(view: DataView): PageHeader {
  return {
    id: Number(view.getBigUint64(0, true)),
    kind: view.getUint16(8, true),
    count: view.getUint16(10, true),
    overflow: view.getUint32(12, true),
  };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
