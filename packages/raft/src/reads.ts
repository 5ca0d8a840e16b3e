import type { RaftCore } from "./core.ts";
import { countVotes } from "./quorum.ts";
import { broadcastHeartbeat } from "./replication.ts";
import type { NodeId } from "./types.ts";

/**
 * Linearizable reads without a log entry (Raft thesis §6.4): remember the commit index, prove by a round of heartbeats begun
 * afterwards that nobody else leads, answer with the index. Reads asked for in one turn share a round.
 */
export function requestRead(core: RaftCore, from: NodeId, context: number): void {
  if (!core.log.matches(core.log.committed, core.term)) {
    core.earlyReads.push({ from, context });
    return;
  }
  core.pendingReads.push({ from, context, index: core.log.committed, round: core.heartbeatRound + 1 });
}

/** Called once a turn, before messages go out: starts the round that the turn's reads wait for. */
export function startReadRound(core: RaftCore): void {
  if (core.role !== "leader" || core.pendingReads.length === 0) return;
  const needsRound = core.pendingReads.some((read) => read.round > core.heartbeatRound);
  if (needsRound) broadcastHeartbeat(core);
  confirmReads(core, core.id, core.heartbeatRound);
}

/** The leader has committed in its own term: it now knows all that was committed before. */
export function releaseEarlyReads(core: RaftCore): void {
  if (core.earlyReads.length === 0 || !core.log.matches(core.log.committed, core.term)) return;
  for (const { from, context } of core.earlyReads.splice(0)) requestRead(core, from, context);
}

export function confirmReads(core: RaftCore, from: NodeId, round: number): void {
  core.answeredRound.set(from, Math.max(core.answeredRound.get(from) ?? 0, round));
  while (core.pendingReads.length > 0) {
    const read = core.pendingReads[0] as (typeof core.pendingReads)[number];
    const hasAnswered = (id: NodeId) => (core.answeredRound.get(id) ?? 0) >= read.round;
    if (countVotes(core.configuration, hasAnswered) !== "won") return;
    core.pendingReads.shift();
    if (read.from === core.id) core.readStates.push({ context: read.context, index: read.index });
    else core.send({ type: "read-index-response", to: read.from, readContext: read.context, index: read.index });
  }
}
