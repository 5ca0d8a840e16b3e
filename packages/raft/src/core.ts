import { invariant, type Prng } from "@drydock/base";
import { RaftLog } from "./log.ts";
import { Progress } from "./progress.ts";
import { allMembers, committedIndex, countVotes, isVoter, type VoteOutcome } from "./quorum.ts";
import type {
  Configuration,
  Entry,
  HardState,
  LogIndex,
  Message,
  NodeId,
  ReadState,
  Role,
  SnapshotMeta,
  Term,
} from "./types.ts";
import { NONE } from "./types.ts";

export interface RaftConfig {
  readonly id: NodeId;
  /** Ticks without a leader before an election; each election draws from one to two times this. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly maxBytesPerMessage: number;
  readonly maxInflightMessages: number;
  readonly prng: Prng;
  /** What the disk holds; a new member gives zeros. */
  readonly restored: {
    readonly hardState: HardState;
    readonly snapshot: SnapshotMeta;
    readonly entries: readonly Entry[];
    /** How far the state machine has applied the log. */
    readonly applied: LogIndex;
    /** In effect at `applied`. */
    readonly configuration: Configuration;
  };
}

/** Reads that wait for a round of heartbeats to prove that their leader still leads. */
export interface PendingRead {
  readonly from: NodeId;
  readonly context: number;
  readonly index: LogIndex;
  /** Number of the heartbeat round that proves it. */
  readonly round: number;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** A message before it has an envelope. */
export type Outgoing = DistributiveOmit<Message, "from" | "term"> & { readonly term?: Term };

/** All state of one member. Transitions and message handlers work on it; nobody outside this package sees it. */
export class RaftCore {
  readonly config: RaftConfig;
  readonly log: RaftLog;
  configuration: Configuration;
  term: Term;
  vote: NodeId;
  role: Role = "follower";
  leader: NodeId = NONE;
  /** Ticks since the leader was last heard, or since this leader last checked its quorum. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  electionTimeout: number;
  readonly progress = new Map<NodeId, Progress>();
  readonly votes = new Map<NodeId, boolean>();
  /** Member that leadership is being handed to. */
  transferTarget: NodeId = NONE;
  /** A configuration entry up to this index may not be applied yet: only one may be under way. */
  pendingConfigurationIndex: LogIndex = 0;
  pendingSnapshot: SnapshotMeta | undefined;
  messages: Message[] = [];
  messagesBeforeSave: Message[] = [];
  readStates: ReadState[] = [];
  /** Reads asked for before this leader's first commit, which tells it what earlier leaders committed. */
  earlyReads: { from: NodeId; context: number }[] = [];
  pendingReads: PendingRead[] = [];
  /** Rounds of heartbeats sent, and the latest round each member answered. */
  heartbeatRound = 0;
  readonly answeredRound = new Map<NodeId, number>();

  constructor(config: RaftConfig) {
    this.config = config;
    const { hardState, snapshot, entries, applied, configuration } = config.restored;
    this.log = new RaftLog(snapshot, entries, hardState.commit, applied);
    this.configuration = configuration;
    this.term = hardState.term;
    this.vote = hardState.vote;
    this.electionTimeout = this.drawElectionTimeout();
  }

  get id(): NodeId {
    return this.config.id;
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  get isPromotable(): boolean {
    return isVoter(this.configuration, this.id) && this.pendingSnapshot === undefined;
  }

  drawElectionTimeout(): number {
    return this.config.electionTicks + this.config.prng.integer(this.config.electionTicks);
  }

  /** Votes and acknowledgements wait for the disk; what a leader sends to others does not. */
  send(message: Outgoing): void {
    const complete = { ...message, from: this.id, term: message.term ?? this.term } as Message;
    const canPrecedeSave = complete.type === "append" || complete.type === "heartbeat" || complete.type === "snapshot";
    (canPrecedeSave ? this.messagesBeforeSave : this.messages).push(complete);
  }

  peers(): NodeId[] {
    return allMembers(this.configuration).filter((id) => id !== this.id);
  }

  countVotes(): VoteOutcome {
    return countVotes(this.configuration, (id) => this.votes.get(id));
  }

  progressOf(id: NodeId): Progress {
    const progress = this.progress.get(id);
    invariant(progress !== undefined, "a leader knows the progress of every member", { id });
    return progress;
  }

  resetProgress(): void {
    this.progress.clear();
    for (const id of allMembers(this.configuration)) {
      const progress = new Progress(this.log.lastIndex + 1, this.config.maxInflightMessages);
      if (id === this.id) progress.match = this.log.stable;
      this.progress.set(id, progress);
    }
  }

  /** Raft §5.4.2: only entries of the leader's own term are committed by counting. Tells whether the commit moved. */
  maybeCommit(): boolean {
    const index = committedIndex(this.configuration, (id) => this.progress.get(id)?.match ?? 0);
    return index <= this.log.lastIndex && this.log.matches(index, this.term) && this.log.commitTo(index);
  }
}
