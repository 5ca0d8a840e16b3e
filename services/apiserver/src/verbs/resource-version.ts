import type { Revision } from "../storage/storage.ts";

const uint64Max = 2n ** 64n - 1n;

/** A resourceVersion that a client sent. None and "0" are 0: any. What is none is told in the words of Go's parser. */
export function parseResourceVersion(
  text: string,
): { readonly ok: true; readonly revision: Revision } | { readonly ok: false; readonly why: string } {
  if (text === "") return { ok: true, revision: 0 };
  const complaint = (why: string) =>
    ({ ok: false, why: `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}` }) as const;
  if (!/^[0-9]+$/.test(text)) return complaint("invalid syntax");
  if (text.length > 20 || BigInt(text) > uint64Max) return complaint("value out of range");
  return { ok: true, revision: Number(text) };
}

/** Whether an object comes without a version: who sends zero does not care which one is replaced. */
export function isNoVersion(resourceVersion: string | undefined): boolean {
  return !resourceVersion || /^0+$/.test(resourceVersion);
}
