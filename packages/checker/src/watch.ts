import type { Violation } from "./history.ts";
import { type ChangeEvent, isSameEvent, type RevisionHistory, renderEvent } from "./revision-history.ts";

/** One answer on a watch, as the client took it. */
export interface WatchResponse {
  readonly revision: number;
  readonly events: readonly ChangeEvent[];
  /** No events, but a promise: everything up to `revision` has been delivered. */
  readonly isProgress: boolean;
}

/** One watch over all its connections: a client that resumed goes on in the same list. */
export interface WatchHistory {
  readonly name: string;
  readonly key: string;
  readonly end?: string;
  /** First revision it asked for, or the one behind that at which it was created. */
  readonly startRevision: number;
  readonly responses: readonly WatchResponse[];
}

/**
 * etcd's promises to watchers: events come ordered, each once (unique), without a gap (reliable), those of one revision together (atomic),
 * from the revision asked for on (resumable), and nothing below a progress notification follows it (bookmarkable). `history` is what happened.
 */
export function checkWatch(watch: WatchHistory, history: RevisionHistory): Violation | undefined {
  const state: WatchState = { next: watch.startRevision, promised: 0, lastEvents: new Set(), last: 0 };
  for (const [index, response] of watch.responses.entries()) {
    const found = checkResponse(watch, response, history, state);
    if (found) return { ...found, offender: `${watch.name} response ${index}` };
  }
  return undefined;
}

interface WatchState {
  /** Everything of the range before this revision has been delivered. */
  next: number;
  promised: number;
  /** Revision of the last event, and the events of it seen. */
  last: number;
  lastEvents: Set<string>;
}

type Found = Omit<Violation, "offender">;

function checkResponse(
  watch: WatchHistory,
  response: WatchResponse,
  history: RevisionHistory,
  state: WatchState,
): Found | undefined {
  if (response.isProgress) return checkProgress(watch, response.revision, history, state);
  for (const event of response.events) {
    const found = checkEvent(watch, event, history, state);
    if (found) return found;
  }
  const found = checkWhole(watch, response, history);
  if (found) return found;
  state.next = Math.max(state.next, state.last + 1);
  return undefined;
}

function checkEvent(
  watch: WatchHistory,
  event: ChangeEvent,
  history: RevisionHistory,
  state: WatchState,
): Found | undefined {
  const revision = event.record.modRevision;
  const name = renderEvent(event);
  if (revision < watch.startRevision)
    return { check: "watch-resumable", message: `${name} came although revision ${watch.startRevision} was asked for` };
  if (revision <= state.promised)
    return { check: "watch-bookmarkable", message: `${name} came after progress up to ${state.promised}` };
  if (revision === state.last && state.lastEvents.has(name))
    return { check: "watch-unique", message: `${name} came twice` };
  if (revision < state.last) return outOfOrder(event, history, state);
  if (revision < state.next)
    return { check: "watch-atomic", message: `${name} came in another response than the rest of its revision` };
  const missing = firstMissing(watch, history, Math.max(state.next, state.last + 1), revision - 1);
  if (missing) return { check: "watch-reliable", message: `${renderEvent(missing)} is missing before ${name}` };
  const known = history.at(revision)?.some((each) => isSameEvent(each, event));
  if (!known) return { check: "watch-reliable", message: `${name} never happened` };
  if (revision > state.last) state.lastEvents.clear();
  state.lastEvents.add(name);
  state.last = revision;
  return undefined;
}

/** An event from the past: seen before, or out of its turn. */
function outOfOrder(event: ChangeEvent, history: RevisionHistory, state: WatchState): Found {
  const revision = event.record.modRevision;
  const wasDue = revision < state.next && history.at(revision)?.some((each) => isSameEvent(each, event));
  return wasDue
    ? { check: "watch-unique", message: `${renderEvent(event)} came again after revision ${state.last}` }
    : { check: "watch-ordered", message: `${renderEvent(event)} came after revision ${state.last}` };
}

/** Every revision of which a response has an event is there with all its events of the range. */
function checkWhole(watch: WatchHistory, response: WatchResponse, history: RevisionHistory): Found | undefined {
  const counts = new Map<number, number>();
  for (const { record } of response.events) counts.set(record.modRevision, (counts.get(record.modRevision) ?? 0) + 1);
  for (const [revision, count] of counts) {
    const expected = (history.at(revision) ?? []).filter((event) => isWatched(watch, event)).length;
    if (count !== expected)
      return { check: "watch-atomic", message: `${count} of ${expected} events of revision ${revision} came together` };
  }
  return undefined;
}

function checkProgress(
  watch: WatchHistory,
  revision: number,
  history: RevisionHistory,
  state: WatchState,
): Found | undefined {
  const missing = firstMissing(watch, history, state.next, revision);
  if (missing)
    return { check: "watch-bookmarkable", message: `progress up to ${revision} came before ${renderEvent(missing)}` };
  state.promised = Math.max(state.promised, revision);
  state.next = Math.max(state.next, revision + 1);
  return undefined;
}

function firstMissing(
  watch: WatchHistory,
  history: RevisionHistory,
  from: number,
  to: number,
): ChangeEvent | undefined {
  for (const [, events] of history.span(from, to)) {
    const event = events.find((each) => isWatched(watch, each));
    if (event) return event;
  }
  return undefined;
}

function isWatched({ key, end }: WatchHistory, { record }: ChangeEvent): boolean {
  if (end === undefined) return record.key === key;
  return record.key >= key && (end === "\0" || record.key < end);
}
