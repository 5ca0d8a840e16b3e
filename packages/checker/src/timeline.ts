import type { Operation } from "./history.ts";

/** A call or a return in the order of time, in a doubly linked list from which operations are lifted and put back in O(1). */
export interface TimelineEntry {
  readonly index: number;
  readonly isCall: boolean;
  /** Of a call: the return, if the operation has one. */
  match: TimelineEntry | undefined;
  previous: TimelineEntry | undefined;
  next: TimelineEntry | undefined;
}

/** The first entry is a sentinel. At one instant calls come before returns: what may have overlapped is taken as concurrent. */
export function createTimeline(operations: readonly Operation<unknown, unknown>[]): TimelineEntry {
  const entries: { atMs: number; entry: TimelineEntry }[] = [];
  operations.forEach(({ calledMs, outcome }, index) => {
    const call: TimelineEntry = { index, isCall: true, match: undefined, previous: undefined, next: undefined };
    entries.push({ atMs: calledMs, entry: call });
    if (outcome.kind === "unknown") return;
    call.match = { index, isCall: false, match: undefined, previous: undefined, next: undefined };
    entries.push({ atMs: outcome.atMs, entry: call.match });
  });
  entries.sort((a, b) => a.atMs - b.atMs || Number(b.entry.isCall) - Number(a.entry.isCall));
  const head: TimelineEntry = { index: -1, isCall: false, match: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const { entry } of entries) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

/** Takes a call and its return out of the list; both keep their neighbours for `unlift`. */
export function lift(call: TimelineEntry): void {
  detach(call);
  if (call.match) detach(call.match);
}

/** Puts back what was lifted last. */
export function unlift(call: TimelineEntry): void {
  if (call.match) attach(call.match);
  attach(call);
}

function detach(entry: TimelineEntry): void {
  if (entry.previous) entry.previous.next = entry.next;
  if (entry.next) entry.next.previous = entry.previous;
}

function attach(entry: TimelineEntry): void {
  if (entry.previous) entry.previous.next = entry;
  if (entry.next) entry.next.previous = entry;
}
