import { invariant } from "@drydock/base";
import type { RaftCore } from "./core.ts";
import { appendOwn } from "./replication.ts";
import { NONE, type NodeId, type Term } from "./types.ts";

/** The only places where a role changes. */

export function becomeFollower(core: RaftCore, term: Term, leader: NodeId): void {
  reset(core, term);
  core.role = "follower";
  core.leader = leader;
}

/** Asks around before it disturbs anybody: neither term nor vote change (Raft thesis §9.6). */
export function becomePreCandidate(core: RaftCore): void {
  invariant(core.role !== "leader", "a leader does not campaign");
  core.votes.clear();
  core.role = "pre-candidate";
  core.leader = NONE;
  core.electionElapsed = 0;
  core.electionTimeout = core.drawElectionTimeout();
}

export function becomeCandidate(core: RaftCore): void {
  invariant(core.role !== "leader", "a leader does not campaign");
  reset(core, core.term + 1);
  core.role = "candidate";
  core.vote = core.id;
}

export function becomeLeader(core: RaftCore): void {
  invariant(core.role === "candidate", "only a candidate becomes leader", { role: core.role });
  reset(core, core.term);
  core.role = "leader";
  core.leader = core.id;
  core.resetProgress();
  core.progressOf(core.id).becomeReplicate();
  core.progressOf(core.id).isRecentlyActive = true;
  // Some configuration entry may be among what is not applied yet; being careful costs nothing.
  core.pendingConfigurationIndex = core.log.lastIndex;
  // An empty entry of the new term lets the leader commit what its predecessors left (§5.4.2).
  appendOwn(core, [{ type: "normal", data: new Uint8Array(0) }]);
}

function reset(core: RaftCore, term: Term): void {
  if (core.term !== term) {
    core.term = term;
    core.vote = NONE;
  }
  core.leader = NONE;
  core.electionElapsed = 0;
  core.heartbeatElapsed = 0;
  core.electionTimeout = core.drawElectionTimeout();
  core.transferTarget = NONE;
  core.votes.clear();
  core.progress.clear();
  core.earlyReads = [];
  core.pendingReads = [];
  core.answeredRound.clear();
}
