import type { RaftCore } from "./core.ts";
import { broadcastAppend } from "./replication.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./transitions.ts";
import { NONE, type VoteRequest, type VoteResponse } from "./types.ts";

export type CampaignKind = "pre-vote" | "vote" | "transfer";

/** Starts an election, or, as a pre-vote, asks whether one could be won. */
export function campaign(core: RaftCore, kind: CampaignKind): void {
  if (core.role === "leader" || !core.isPromotable || core.log.hasUnappliedConfiguration()) return;
  const isPreVote = kind === "pre-vote";
  if (isPreVote) becomePreCandidate(core);
  else becomeCandidate(core);
  core.votes.set(core.id, true);
  if (decide(core)) return;
  for (const to of core.peers()) {
    core.send({
      type: isPreVote ? "pre-vote" : "vote",
      to,
      term: isPreVote ? core.term + 1 : core.term,
      lastIndex: core.log.lastIndex,
      lastTerm: core.log.lastTerm,
      isTransfer: kind === "transfer",
    });
  }
}

/** Answers a request whose term is at least ours. */
export function answerVote(core: RaftCore, request: VoteRequest): void {
  const isPreVote = request.type === "pre-vote";
  const canVote =
    core.vote === request.from ||
    (core.vote === NONE && core.leader === NONE) ||
    (isPreVote && request.term > core.term);
  const isGranted = canVote && core.log.isUpToDate(request.lastIndex, request.lastTerm);
  // A granted pre-vote speaks of the term the other would have; a refusal of ours.
  const term = isGranted ? request.term : core.term;
  core.send({ type: isPreVote ? "pre-vote-response" : "vote-response", to: request.from, term, isGranted });
  if (isGranted && !isPreVote) {
    core.electionElapsed = 0;
    core.vote = request.from;
  }
}

/** Counts an answer to our own campaign. */
export function countVote(core: RaftCore, response: VoteResponse): void {
  const isOurs =
    core.role === "pre-candidate" ? response.type === "pre-vote-response" : response.type === "vote-response";
  if (!isOurs) return;
  if (!core.votes.has(response.from)) core.votes.set(response.from, response.isGranted);
  decide(core);
}

function decide(core: RaftCore): boolean {
  const outcome = core.countVotes();
  if (outcome === "pending") return false;
  if (outcome === "lost") {
    becomeFollower(core, core.term, NONE);
  } else if (core.role === "pre-candidate") {
    campaign(core, "vote");
  } else {
    becomeLeader(core);
    broadcastAppend(core);
  }
  return true;
}
