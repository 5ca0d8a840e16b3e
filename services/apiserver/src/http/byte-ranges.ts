/** A part of a document, both ends inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export type ParsedRanges = { readonly ranges: readonly ByteRange[] } | { readonly problem: "invalid" | "beyond" };

const INVALID: ParsedRanges = { problem: "invalid" };

/** What a Range header asks of a document of `size` octets, as Go's file server reads it; no ranges for all of it. */
export function parseByteRanges(header: string, size: number): ParsedRanges {
  if (header === "") return { ranges: [] };
  if (!header.startsWith("bytes=")) return INVALID;
  const ranges: ByteRange[] = [];
  let isAnyBeyond = false;
  for (const text of header.slice("bytes=".length).split(",")) {
    const part = text.trim();
    if (part === "") continue;
    const range = parseRange(part, size);
    if (range === "invalid") return INVALID;
    if (range === "beyond") isAnyBeyond = true;
    else ranges.push(range);
  }
  if (isAnyBeyond && ranges.length === 0) return { problem: "beyond" };
  const sum = ranges.reduce((total, { first, last }) => total + last - first + 1, 0);
  // Whoever asks for more than there is gets all of it, once.
  return { ranges: sum > size ? [] : ranges };
}

function parseRange(part: string, size: number): ByteRange | "invalid" | "beyond" {
  const [, begin, end] = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(part) ?? [];
  if (begin === undefined || end === undefined) return "invalid";
  if (begin === "") {
    if (end === "") return "invalid";
    const length = Math.min(Number(end), size);
    return length === 0 ? { first: size, last: size - 1 } : { first: size - length, last: size - 1 };
  }
  const first = Number(begin);
  if (first >= size) return "beyond";
  if (end === "") return { first, last: size - 1 };
  return first > Number(end) ? "invalid" : { first, last: Math.min(Number(end), size - 1) };
}
