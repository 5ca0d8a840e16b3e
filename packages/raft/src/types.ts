/** A member's id: unique in the cluster, never used again. Decimal text, because etcd's ids have 64 bits. */
export type NodeId = string;
/** Nobody. */
export const NONE: NodeId = "";

/** Terms and indexes count from 1; 0 stands for "before the first". */
export type Term = number;
export type LogIndex = number;

export interface Entry {
  readonly term: Term;
  readonly index: LogIndex;
  /** `configuration` entries change the membership when they are applied. */
  readonly type: "normal" | "configuration";
  readonly data: Uint8Array;
}

/** Who counts. While `outgoing` is not empty the configuration is a joint one: decisions need majorities of both voter sets. */
export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  /** Get the log, but do not vote and do not count. */
  readonly learners: readonly NodeId[];
}

/** What a member must never forget: its term, its vote in it, and how far it knows the log to be committed. */
export interface HardState {
  readonly term: Term;
  readonly vote: NodeId;
  readonly commit: LogIndex;
}

/** The log up to `index` is replaced by a state that the driver keeps. */
export interface SnapshotMeta {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; for pre-votes the term it would campaign in. */
  readonly term: Term;
}

export type VoteRequest = Envelope & {
  readonly type: "vote" | "pre-vote";
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** A transfer of leadership: asked even of those who hear from a leader. */
  readonly isTransfer: boolean;
};
export type VoteResponse = Envelope & {
  readonly type: "vote-response" | "pre-vote-response";
  readonly isGranted: boolean;
};
export type AppendRequest = Envelope & {
  readonly type: "append";
  readonly previousIndex: LogIndex;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  /** Only tells of a commit: not worth an answer when the logs agree. */
  readonly isNotice: boolean;
};
export type AppendResponse = Envelope & {
  readonly type: "append-response";
  /** Accepted: the last index that matches. Rejected: the index that was refused. */
  readonly index: LogIndex;
  readonly isRejected: boolean;
  /** Of a rejection: where the logs may agree at best, and the term there. */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
};
export type Heartbeat = Envelope & {
  readonly type: "heartbeat";
  readonly commit: LogIndex;
  readonly readContext: number;
};
export type HeartbeatResponse = Envelope & { readonly type: "heartbeat-response"; readonly readContext: number };
export type SnapshotRequest = Envelope & { readonly type: "snapshot"; readonly meta: SnapshotMeta };
export type TimeoutNow = Envelope & { readonly type: "timeout-now" };
/** A follower's proposals, on their way to the leader. */
export type ForwardedProposal = Envelope & { readonly type: "propose"; readonly data: readonly Uint8Array[] };
export type ReadIndexRequest = Envelope & { readonly type: "read-index"; readonly readContext: number };
export type ReadIndexResponse = Envelope & {
  readonly type: "read-index-response";
  readonly readContext: number;
  readonly index: LogIndex;
};

export type Message =
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | SnapshotRequest
  | TimeoutNow
  | ForwardedProposal
  | ReadIndexRequest
  | ReadIndexResponse;

/** A linearizable read with this context may be served once the state machine has applied `index`. */
export interface ReadState {
  readonly context: number;
  readonly index: LogIndex;
}

/**
 * What the driver must do before it calls `advance`, in this order:
 * 1. send `messagesBeforeSave` (a leader's appends and heartbeats: they promise nothing about this member's disk);
 * 2. if there is a `snapshot`, replace the state machine's state by it;
 * 3. write `hardState` and `entries` and sync them (if not `mustSave`, only the commit index is new, and may get lost);
 * 4. send `messages` (votes and acknowledgements: they promise that what they speak of is on disk);
 * 5. apply `committed`, in order. Some may be applied before the save (`appliableBeforeSave`), and then, while it is under way, what others commit
 *    (`committedMeanwhile`).
 */
export interface Ready {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  readonly mustSave: boolean;
  readonly snapshot: SnapshotMeta | undefined;
  readonly committed: readonly Entry[];
  readonly messagesBeforeSave: readonly Message[];
  readonly messages: readonly Message[];
  readonly readStates: readonly ReadState[];
}

/** What status pages show of a member beyond its soft state. */
export interface RaftDetails {
  readonly vote: NodeId;
  /** Member that leadership is being handed to. */
  readonly transferTarget: NodeId;
  readonly progress: ReadonlyMap<NodeId, MemberProgress>;
}

/** What a leader knows of one member's log. */
export interface MemberProgress {
  readonly state: "probe" | "replicate" | "snapshot";
  readonly match: LogIndex;
  readonly next: LogIndex;
}

export interface SoftState {
  readonly role: Role;
  readonly leader: NodeId;
  readonly term: Term;
}
