import type { RaftCore } from "./core.ts";
import type { Entry, LogIndex, NodeId } from "./types.ts";

/** Adds a leader's own entries to its log. They count as its own acknowledgement only once they are stable. */
export function appendOwn(core: RaftCore, additions: readonly Pick<Entry, "type" | "data">[]): void {
  const first = core.log.lastIndex + 1;
  core.log.append(additions.map(({ type, data }, offset) => ({ type, data, term: core.term, index: first + offset })));
}

export function broadcastAppend(core: RaftCore): void {
  for (const id of core.peers()) sendAppend(core, id);
}

/** Sends what the member lacks as far as its window allows; `evenIfEmpty` also tells a caught-up member of a new commit. */
export function sendAppend(core: RaftCore, to: NodeId, evenIfEmpty = true): void {
  const progress = core.progressOf(to);
  let isFirst = true;
  while (!progress.isPaused) {
    const hasMore = progress.next <= core.log.lastIndex;
    if (!hasMore && !(isFirst && evenIfEmpty)) return;
    isFirst = false;
    const previousIndex = progress.next - 1;
    const previousTerm = core.log.termAt(previousIndex);
    if (previousTerm === undefined) {
      sendSnapshot(core, to);
      return;
    }
    const entries = hasMore ? core.log.slice(progress.next, core.config.maxBytesPerMessage) : [];
    // While appends are streamed, one without entries cannot be refused unless one before it is.
    const isNotice = entries.length === 0 && progress.state === "replicate";
    core.send({ type: "append", to, previousIndex, previousTerm, entries, commit: core.log.committed, isNotice });
    progress.sent(previousIndex + entries.length, entries.length);
    progress.toldCommit = core.log.committed;
    if (entries.length === 0) return;
  }
}

/** Tells those of a commit who have heard of none up to `index`. */
export function tellCommit(core: RaftCore, index: LogIndex): void {
  for (const id of core.peers()) if (core.progressOf(id).toldCommit < index) sendAppend(core, id);
}

/** The driver sends the state itself, of this index or a later one. */
function sendSnapshot(core: RaftCore, to: NodeId): void {
  const progress = core.progressOf(to);
  // A member that is down would only make the state travel for nothing.
  if (!progress.isRecentlyActive) return;
  const index = core.log.applied;
  const term = core.log.termAt(index);
  if (term === undefined) return;
  progress.becomeSnapshot(index);
  core.send({ type: "snapshot", to, meta: { index, term, configuration: core.configuration } });
}

/** One round of heartbeats; answers prove leadership for all reads that wait for this round. */
export function broadcastHeartbeat(core: RaftCore): void {
  core.heartbeatRound++;
  for (const id of core.peers()) {
    // A member must not commit what it does not have.
    const commit = Math.min(core.progressOf(id).match, core.log.committed);
    core.send({ type: "heartbeat", to: id, commit, readContext: core.heartbeatRound });
  }
}
