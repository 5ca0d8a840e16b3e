import type { Entry, Ready } from "./types.ts";

/** The committed entries of a Ready that were on the disk before it: they may be applied whether or not its own entries have been saved. */
export function appliableBeforeSave({ committed, entries, snapshot }: Ready): readonly Entry[] {
  if (snapshot) return [];
  const first = entries[0]?.index ?? Number.POSITIVE_INFINITY;
  return committed.filter(({ index }) => index < first);
}
