import type { Message, NodeId, RaftNode } from "@drydock/raft";

/** Ways in which a core may be broken on purpose, to see whether the checks notice. An honest one is none of these. */
export interface Behaviour {
  /** Votes and acknowledgements leave before what they promise is on the disk. */
  readonly acknowledgesBeforeSync?: boolean;
  /** A leader counts itself among those that have an entry before it is on its disk. */
  readonly countsItselfBeforeSync?: boolean;
  /** Every vote asked for is given. */
  readonly votesTwice?: boolean;
  /** Reads are answered from the member's own state, whoever leads. */
  readonly readsWithoutAsking?: boolean;
  /** Now and then a watcher misses an event. */
  readonly dropsEvents?: boolean;
  /** Keeping alive a lease that has ended is answered as if it had not. */
  readonly revivesLeases?: boolean;
  /** A leader keeps leases alive without making sure that it still leads. */
  readonly renewsWithoutAsking?: boolean;
  /** A renewal is told before the log has taken back what it was told of the lease's time. */
  readonly keepsCheckpoints?: boolean;
  /** Entries of earlier terms are committed by counting who has them. */
  readonly commitsOldTerms?: boolean;
  /** A commit is applied by the leader before a majority has it. */
  readonly appliesTwice?: boolean;
}

export type Mutation = keyof Behaviour;

export const MUTATIONS: readonly Mutation[] = [
  "acknowledgesBeforeSync",
  "countsItselfBeforeSync",
  "votesTwice",
  "readsWithoutAsking",
  "dropsEvents",
  "revivesLeases",
  "renewsWithoutAsking",
  "keepsCheckpoints",
  "commitsOldTerms",
  "appliesTwice",
];

export function behaviourOf(mutation: Mutation | undefined): Behaviour {
  return mutation === undefined ? {} : { [mutation]: true };
}

/** What a member that gives every vote says instead of no. */
export function grant(message: Message): Message {
  return message.type === "vote-response" ? { ...message, isGranted: true } : message;
}

/** What a leader that counts itself too early takes for another's word: that it has its whole log. */
export function ownAcknowledgement({ softState: { term }, lastIndex }: RaftNode, id: NodeId): Message {
  return {
    type: "append-response",
    from: id,
    to: id,
    term,
    index: lastIndex,
    isRejected: false,
    hintIndex: 0,
    hintTerm: 0,
  };
}
