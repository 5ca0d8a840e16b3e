import type { RaftCore } from "./core.ts";
import { campaign } from "./elections.ts";
import { isVoter } from "./quorum.ts";
import { becomeFollower } from "./transitions.ts";
import type { AppendRequest, Heartbeat, Message, SnapshotRequest } from "./types.ts";
import { NONE } from "./types.ts";

export function stepFollower(core: RaftCore, message: Message): void {
  switch (message.type) {
    case "append":
      hearLeader(core, message.from);
      handleAppend(core, message);
      return;
    case "heartbeat":
      hearLeader(core, message.from);
      handleHeartbeat(core, message);
      return;
    case "snapshot":
      hearLeader(core, message.from);
      handleSnapshot(core, message);
      return;
    case "timeout-now":
      campaign(core, "transfer");
      return;
    case "propose":
      if (core.leader !== NONE) core.send({ ...message, to: core.leader });
      return;
    case "read-index-response":
      core.readStates.push({ context: message.readContext, index: message.index });
      return;
    default:
      return;
  }
}

/** Candidates hear of a leader of their own term the same way: they lost. */
export function stepCandidate(core: RaftCore, message: Message): void {
  if (message.type !== "append" && message.type !== "heartbeat" && message.type !== "snapshot") return;
  becomeFollower(core, message.term, message.from);
  stepFollower(core, message);
}

function hearLeader(core: RaftCore, leader: string): void {
  core.electionElapsed = 0;
  core.leader = leader;
}

function handleAppend(core: RaftCore, request: AppendRequest): void {
  const { from, previousIndex, previousTerm, entries, commit, isNotice } = request;
  const accepted = { type: "append-response", to: from, isRejected: false, hintIndex: 0, hintTerm: 0 } as const;
  if (previousIndex < core.log.committed) {
    core.send({ ...accepted, index: core.log.committed });
    return;
  }
  const last = core.log.maybeAppend(previousIndex, previousTerm, entries);
  if (last !== undefined) {
    core.log.commitTo(Math.min(commit, last));
    if (!isNotice) core.send({ ...accepted, index: last });
    return;
  }
  const hint = core.log.findConflict(previousIndex, previousTerm);
  core.send({
    type: "append-response",
    to: from,
    index: previousIndex,
    isRejected: true,
    hintIndex: hint.index,
    hintTerm: hint.term,
  });
}

function handleHeartbeat(core: RaftCore, heartbeat: Heartbeat): void {
  core.log.commitTo(Math.min(heartbeat.commit, core.log.lastIndex));
  core.send({ type: "heartbeat-response", to: heartbeat.from, readContext: heartbeat.readContext });
}

function handleSnapshot(core: RaftCore, { from, meta }: SnapshotRequest): void {
  const answer = { type: "append-response", to: from, isRejected: false, hintIndex: 0, hintTerm: 0 } as const;
  const isUseless = meta.index <= core.log.committed;
  const isMember = isVoter(meta.configuration, core.id) || meta.configuration.learners.includes(core.id);
  if (isUseless || !isMember) {
    core.send({ ...answer, index: core.log.committed });
    return;
  }
  if (core.log.matches(meta.index, meta.term)) {
    // We have the entries already: commit them instead of throwing the log away.
    core.log.commitTo(meta.index);
    core.send({ ...answer, index: core.log.committed });
    return;
  }
  core.log.restore(meta);
  core.configuration = meta.configuration;
  core.pendingSnapshot = meta;
  core.send({ ...answer, index: core.log.lastIndex });
}
