import type { RaftCore } from "./core.ts";
import { countVotes } from "./quorum.ts";
import { confirmReads, releaseEarlyReads, requestRead } from "./reads.ts";
import { appendOwn, broadcastAppend, sendAppend } from "./replication.ts";
import type { AppendResponse, HeartbeatResponse, Message, NodeId } from "./types.ts";
import { NONE } from "./types.ts";

export function stepLeader(core: RaftCore, message: Message): void {
  switch (message.type) {
    case "propose":
      if (proposeAll(core, message.data) && core.progress.has(message.from))
        core.progressOf(message.from).awaited = core.log.lastIndex;
      return;
    case "read-index":
      requestRead(core, message.from, message.readContext);
      return;
    case "append-response":
      if (core.progress.has(message.from)) handleAppendResponse(core, message);
      return;
    case "heartbeat-response":
      if (core.progress.has(message.from)) handleHeartbeatResponse(core, message);
      return;
    default:
      return;
  }
}

/** False while leadership is being handed over, or when this leader has been removed. */
export function canPropose(core: RaftCore): boolean {
  return core.transferTarget === NONE && core.progress.has(core.id);
}

export function proposeAll(core: RaftCore, data: readonly Uint8Array[]): boolean {
  if (!canPropose(core)) return false;
  appendOwn(
    core,
    data.map((bytes) => ({ type: "normal" as const, data: bytes })),
  );
  broadcastAppend(core);
  return true;
}

/** The leader's own entries up to the stable index count as acknowledged. */
export function acknowledgeOwn(core: RaftCore): void {
  if (core.role !== "leader" || !core.progress.has(core.id)) return;
  if (core.progressOf(core.id).acknowledged(core.log.stable)) commitAndTell(core);
}

/**
 * A commit goes to the others with the next append, or when the driver says so (`tellCommit`): under load the next append is near, and a message less
 * is a turn less of two members. At once it goes to whom somebody waits at, and to all when it changes who the members are: afterwards, those that
 * are none any more would not be told.
 */
export function commitAndTell(core: RaftCore): void {
  if (!core.maybeCommit()) return;
  releaseEarlyReads(core);
  const { committed, applied } = core.log;
  const changesMembers = core.pendingConfigurationIndex > applied && core.pendingConfigurationIndex <= committed;
  for (const id of core.peers()) {
    const { awaited, toldCommit } = core.progressOf(id);
    if (changesMembers || awaited > toldCommit) sendAppend(core, id);
  }
}

/** A leader that a majority no longer hears steps down: others may have moved on (check-quorum). */
export function hasActiveQuorum(core: RaftCore): boolean {
  const isActive = (id: NodeId) => id === core.id || core.progress.get(id)?.isRecentlyActive === true;
  const outcome = countVotes(core.configuration, isActive);
  for (const [id, progress] of core.progress) if (id !== core.id) progress.isRecentlyActive = false;
  return outcome === "won";
}

function handleAppendResponse(core: RaftCore, response: AppendResponse): void {
  const progress = core.progressOf(response.from);
  progress.isRecentlyActive = true;
  if (response.isRejected) {
    // Skip at once over everything that cannot match: terms in our log above the follower's.
    const hint = core.log.findConflict(response.hintIndex, response.hintTerm).index;
    if (!progress.rejected(response.index, response.hintTerm > 0 ? hint : response.hintIndex)) return;
    if (progress.state === "replicate") progress.becomeProbe();
    sendAppend(core, response.from);
    return;
  }
  const wasPaused = progress.isPaused;
  const isNews = progress.acknowledged(response.index);
  const hasCaughtUp = progress.state === "snapshot" && progress.match >= progress.pendingSnapshot;
  if ((isNews || progress.match === response.index) && (progress.state === "probe" || hasCaughtUp))
    progress.becomeReplicate();
  if (isNews) commitAndTell(core);
  if (core.role !== "leader") return;
  sendAppend(core, response.from, wasPaused);
  if (core.transferTarget === response.from && progress.match === core.log.lastIndex)
    core.send({ type: "timeout-now", to: response.from });
}

function handleHeartbeatResponse(core: RaftCore, response: HeartbeatResponse): void {
  const progress = core.progressOf(response.from);
  progress.isRecentlyActive = true;
  progress.freeOneInflight();
  if (progress.match < core.log.lastIndex) sendAppend(core, response.from);
  confirmReads(core, response.from, response.readContext);
}
