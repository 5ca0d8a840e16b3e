import type { Configuration, LogIndex, NodeId } from "./types.ts";

export type VoteOutcome = "won" | "lost" | "pending";

/** The largest index that a majority of each voter set has reached. */
export function committedIndex(configuration: Configuration, matchOf: (id: NodeId) => LogIndex): LogIndex {
  const incoming = majorityIndex(configuration.voters, matchOf);
  return configuration.outgoing.length === 0
    ? incoming
    : Math.min(incoming, majorityIndex(configuration.outgoing, matchOf));
}

/** `vote` tells yes, no or nothing yet. */
export function countVotes(configuration: Configuration, vote: (id: NodeId) => boolean | undefined): VoteOutcome {
  const incoming = majorityVote(configuration.voters, vote);
  if (configuration.outgoing.length === 0) return incoming;
  const outgoing = majorityVote(configuration.outgoing, vote);
  if (incoming === "lost" || outgoing === "lost") return "lost";
  return incoming === "won" && outgoing === "won" ? "won" : "pending";
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id);
}

/** Everybody who gets the log. */
export function allMembers(configuration: Configuration): NodeId[] {
  return [...new Set([...configuration.voters, ...configuration.outgoing, ...configuration.learners])];
}

/** An empty set commits everything: it never decides alone. */
function majorityIndex(voters: readonly NodeId[], matchOf: (id: NodeId) => LogIndex): LogIndex {
  if (voters.length === 0) return Number.MAX_SAFE_INTEGER;
  const matches = voters.map(matchOf).sort((a, b) => b - a);
  return matches[Math.floor(voters.length / 2)] as LogIndex;
}

function majorityVote(voters: readonly NodeId[], vote: (id: NodeId) => boolean | undefined): VoteOutcome {
  const needed = Math.floor(voters.length / 2) + 1;
  const votes = voters.map(vote);
  if (votes.filter((answer) => answer === true).length >= needed) return "won";
  return votes.filter((answer) => answer === false).length > voters.length - needed ? "lost" : "pending";
}
