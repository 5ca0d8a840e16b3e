import { invariant } from "@drydock/base";
import { isJoint } from "./configuration.ts";
import { type RaftConfig, RaftCore } from "./core.ts";
import { answerVote, campaign, countVote } from "./elections.ts";
import { Progress } from "./progress.ts";
import { allMembers, committedIndex, isVoter } from "./quorum.ts";
import { requestRead, startReadRound } from "./reads.ts";
import { appendOwn, broadcastAppend, broadcastHeartbeat, sendAppend, tellCommit } from "./replication.ts";
import { stepCandidate, stepFollower } from "./step-follower.ts";
import { acknowledgeOwn, canPropose, commitAndTell, hasActiveQuorum, proposeAll, stepLeader } from "./step-leader.ts";
import { becomeFollower } from "./transitions.ts";
import {
  type Configuration,
  type Entry,
  type HardState,
  type LogIndex,
  type Message,
  NONE,
  type NodeId,
  type RaftDetails,
  type Ready,
  type SoftState,
  type Term,
} from "./types.ts";

export type ProposeVerdict = "accepted" | "forwarded" | "no-leader" | "transferring";

/** Ends an apply hand-out after this much, so that one Ready does not grow without bound. */
const MAX_APPLY_BYTES = 16 * 1024 * 1024;

/**
 * One member of a Raft group as a pure state machine. The driver feeds messages (`step`), time (`tick`) and proposals, then takes
 * what must be done (`ready`), does it in the order that Ready prescribes, and confirms (`advance`). Not re-entrant.
 *
 * Built from Ongaro's thesis: leader election with pre-vote (§9.6) and check-quorum (§6.2), pipelined replication with flow control
 * (§10.2.1), linearizable reads (§6.4), leadership transfer (§3.10), joint configurations (§4.3).
 */
export class RaftNode {
  readonly #core: RaftCore;
  #savedHardState: HardState;
  #pending: Ready | undefined;
  #appliedMeanwhile: LogIndex = 0;

  constructor(config: RaftConfig) {
    this.#core = new RaftCore(config);
    this.#savedHardState = this.#core.hardState;
  }

  get softState(): SoftState {
    const { role, leader, term } = this.#core;
    return { role, leader, term };
  }
  get committed(): LogIndex {
    return this.#core.log.committed;
  }
  get applied(): LogIndex {
    return this.#core.log.applied;
  }
  get lastIndex(): LogIndex {
    return this.#core.log.lastIndex;
  }
  get firstIndex(): LogIndex {
    return this.#core.log.firstIndex;
  }
  /** For status pages. Progress is meaningful only while this member leads. */
  get details(): RaftDetails {
    const { vote, transferTarget, progress } = this.#core;
    return { vote, transferTarget, progress };
  }
  get configuration(): Configuration {
    return this.#core.configuration;
  }

  termAt(index: LogIndex): Term | undefined {
    return this.#core.log.termAt(index);
  }

  /** For status pages and for deciding whom leadership may go to; empty unless leader. */
  matchOf(id: NodeId): LogIndex | undefined {
    return this.#core.progress.get(id)?.match;
  }

  /** One unit of time has passed. */
  tick(): void {
    const core = this.#core;
    core.electionElapsed++;
    if (core.role === "leader") this.#tickLeader();
    else if (core.electionElapsed >= core.electionTimeout && core.isPromotable) campaign(core, "pre-vote");
  }

  /** Starts asking for votes now: the driver has reason to believe that the leader is gone. */
  campaign(): void {
    campaign(this.#core, "pre-vote");
  }

  propose(data: readonly Uint8Array[]): ProposeVerdict {
    const core = this.#core;
    if (core.role === "leader") return proposeAll(core, data) ? "accepted" : "transferring";
    if (core.leader === NONE) return "no-leader";
    core.send({ type: "propose", to: core.leader, data });
    return "forwarded";
  }

  /**
   * Only the leader takes these, one at a time; the change takes effect when the driver applies the entry. Entries of this type without
   * data are the leader's own: they leave the joint configuration (`leaveJoint`).
   */
  proposeConfiguration(data: Uint8Array): ProposeVerdict | "change-under-way" {
    const core = this.#core;
    if (core.role !== "leader") return "no-leader";
    if (!canPropose(core)) return "transferring";
    if (core.pendingConfigurationIndex > core.log.applied || isJoint(core.configuration)) return "change-under-way";
    appendOwn(core, [{ type: "configuration", data }]);
    core.pendingConfigurationIndex = core.log.lastIndex;
    broadcastAppend(core);
    return "accepted";
  }

  /** The membership from now on: called when a configuration entry is applied. */
  applyConfiguration(configuration: Configuration): void {
    const core = this.#core;
    core.configuration = configuration;
    if (core.role !== "leader") return;
    if (!isVoter(configuration, core.id)) {
      // Removed, or made learner: whoever still counts elects another.
      becomeFollower(core, core.term, NONE);
      return;
    }
    if (!configuration.voters.includes(core.transferTarget)) core.transferTarget = NONE;
    const members = new Set(allMembers(configuration));
    for (const id of core.progress.keys()) if (!members.has(id)) core.progress.delete(id);
    for (const id of members) {
      if (core.progress.has(id)) continue;
      const progress = new Progress(core.log.lastIndex + 1, core.config.maxInflightMessages);
      progress.isRecentlyActive = true;
      core.progress.set(id, progress);
    }
    commitAndTell(core);
    for (const id of core.peers()) sendAppend(core, id, false);
  }

  /** Answered by a ReadState with the same context, or never: the caller keeps its own deadline. False when there is nobody to ask. */
  readIndex(context: number): boolean {
    const core = this.#core;
    if (core.role === "leader") {
      requestRead(core, core.id, context);
      return true;
    }
    if (core.leader === NONE) return false;
    core.send({ type: "read-index", to: core.leader, readContext: context });
    return true;
  }

  /** Hands leadership to `target` once its log is complete; gives up after an election timeout. False if it cannot. */
  transferLeadership(target: NodeId): boolean {
    const core = this.#core;
    if (core.role !== "leader" || target === core.id || !core.configuration.voters.includes(target)) return false;
    core.transferTarget = target;
    core.electionElapsed = 0;
    if (core.progressOf(target).match === core.log.lastIndex) core.send({ type: "timeout-now", to: target });
    else sendAppend(core, target);
    return true;
  }

  /**
   * The connection to this member broke. If it leads, it may be dead: pre-votes of others are no longer refused for its sake. A
   * heartbeat sets this right.
   */
  suspectLeader(id: NodeId): boolean {
    const core = this.#core;
    if (core.role !== "follower" || core.leader !== id) return false;
    core.leader = NONE;
    return true;
  }

  /** Messages to this member are being lost: stop streaming ahead. */
  reportUnreachable(id: NodeId): void {
    const progress = this.#core.progress.get(id);
    if (progress?.state === "replicate") progress.becomeProbe();
  }

  /** A snapshot sent to this member arrived there, or did not. */
  reportSnapshot(id: NodeId, hasArrived: boolean): void {
    const progress = this.#core.progress.get(id);
    if (progress?.state !== "snapshot") return;
    if (!hasArrived) progress.pendingSnapshot = 0;
    progress.becomeProbe();
    // Wait for its answer (or the next heartbeat's) before probing.
    progress.isProbeSent = true;
  }

  /** Takes in a message from another member. */
  step(message: Message): void {
    const core = this.#core;
    if (message.term > core.term) {
      if (this.#ignoresDisruption(message)) return;
      const keepsTerm = message.type === "pre-vote" || (message.type === "pre-vote-response" && message.isGranted);
      if (!keepsTerm) {
        const isFromLeader = message.type === "append" || message.type === "heartbeat" || message.type === "snapshot";
        becomeFollower(core, message.term, isFromLeader ? message.from : NONE);
      }
    } else if (message.term < core.term) {
      this.#answerOldTerm(message);
      return;
    }
    this.#dispatch(message);
  }

  hasReady(): boolean {
    const core = this.#core;
    return (
      core.messages.length > 0 ||
      core.messagesBeforeSave.length > 0 ||
      core.readStates.length > 0 ||
      core.pendingReads.some((read) => read.round > core.heartbeatRound) ||
      core.pendingSnapshot !== undefined ||
      core.log.stable < core.log.lastIndex ||
      core.log.hasNextCommitted() ||
      !isSameHardState(core.hardState, this.#savedHardState)
    );
  }

  /** All that there is to do now. The next `ready` is allowed only after `advance`. */
  ready(): Ready {
    const core = this.#core;
    invariant(this.#pending === undefined, "the last Ready was advanced");
    startReadRound(core);
    const hardState = core.hardState;
    const saved = this.#savedHardState;
    const entries = core.log.unstable();
    const ready: Ready = {
      hardState: isSameHardState(hardState, saved) ? undefined : hardState,
      entries,
      mustSave:
        entries.length > 0 ||
        core.pendingSnapshot !== undefined ||
        hardState.term !== saved.term ||
        hardState.vote !== saved.vote,
      snapshot: core.pendingSnapshot,
      committed: core.pendingSnapshot ? [] : core.log.nextCommitted(MAX_APPLY_BYTES),
      messagesBeforeSave: core.messagesBeforeSave,
      messages: core.messages,
      readStates: core.readStates,
    };
    core.messagesBeforeSave = [];
    core.messages = [];
    core.readStates = [];
    this.#savedHardState = hardState;
    this.#pending = ready;
    return ready;
  }

  /** Whether what this leader proposes can be committed before it is on its own disk: as many others as that takes follow closely. */
  get othersCanCommit(): boolean {
    const { id, role, configuration, progress } = this.#core;
    const follows = (other: NodeId) => other !== id && progress.get(other)?.state === "replicate";
    return role === "leader" && committedIndex(configuration, (other) => (follows(other) ? 1 : 0)) > 0;
  }

  /**
   * What others' acknowledgements have committed while a Ready is being saved whose own `committed` has been applied. It may be applied at once, but the
   * state that it leads to must not be written before the save has ended. `advance` counts it as applied. Nothing that changes the members is among it.
   */
  committedMeanwhile(): Entry[] {
    const core = this.#core;
    invariant(this.#pending !== undefined, "a Ready is being saved");
    if (core.pendingSnapshot) return [];
    const entries = core.log.nextCommitted(MAX_APPLY_BYTES, ({ type }) => type !== "configuration");
    this.#appliedMeanwhile = entries.at(-1)?.index ?? this.#appliedMeanwhile;
    return entries;
  }

  /** The last Ready has been saved and applied (as far as its `committed` goes). */
  advance(): void {
    const core = this.#core;
    const ready = this.#pending;
    invariant(ready !== undefined, "there is a Ready to advance");
    this.#pending = undefined;
    if (ready.snapshot && core.pendingSnapshot === ready.snapshot) core.pendingSnapshot = undefined;
    const lastEntry = ready.entries.at(-1);
    if (lastEntry) core.log.stableTo(lastEntry.index, lastEntry.term);
    core.log.appliedTo(Math.max(ready.committed.at(-1)?.index ?? 0, this.#appliedMeanwhile));
    acknowledgeOwn(core);
    maybeLeaveJoint(core);
  }

  /**
   * Tells the members of the commit who have not heard of one up to `index`. A leader leaves that to its next append otherwise, or to its next
   * heartbeat.
   */
  tellCommit(index: LogIndex): void {
    if (this.#core.role === "leader") tellCommit(this.#core, index);
  }

  /** Forgets the log up to `index`; the driver keeps `keep` entries more for members that lag a little. */
  compact(index: LogIndex): void {
    this.#core.log.compact(index);
  }

  #tickLeader(): void {
    const core = this.#core;
    core.heartbeatElapsed++;
    if (core.electionElapsed >= core.config.electionTicks) {
      core.electionElapsed = 0;
      if (!hasActiveQuorum(core)) {
        becomeFollower(core, core.term, NONE);
        return;
      }
      core.transferTarget = NONE;
    }
    if (core.heartbeatElapsed >= core.config.heartbeatTicks) {
      core.heartbeatElapsed = 0;
      broadcastHeartbeat(core);
    }
  }

  /** Check-quorum's other half: who hears from a leader does not help to replace it, unless the leader itself asked for it. */
  #ignoresDisruption(message: Message): boolean {
    const core = this.#core;
    if (message.type !== "vote" && message.type !== "pre-vote") return false;
    return !message.isTransfer && core.leader !== NONE && core.electionElapsed < core.config.electionTicks;
  }

  /** A sender that is behind learns the present term; otherwise a member that came back with a higher term could never rejoin. */
  #answerOldTerm(message: Message): void {
    const core = this.#core;
    const answer = { to: message.from, hintIndex: 0, hintTerm: 0 };
    if (message.type === "append" || message.type === "heartbeat" || message.type === "snapshot")
      core.send({ ...answer, type: "append-response", index: 0, isRejected: true });
    else if (message.type === "pre-vote") core.send({ type: "pre-vote-response", to: message.from, isGranted: false });
  }

  #dispatch(message: Message): void {
    const core = this.#core;
    if (message.type === "vote" || message.type === "pre-vote") answerVote(core, message);
    else if (message.type === "vote-response" || message.type === "pre-vote-response") {
      if (core.role === "candidate" || core.role === "pre-candidate") countVote(core, message);
    } else if (core.role === "leader") stepLeader(core, message);
    else if (core.role === "follower") stepFollower(core, message);
    else stepCandidate(core, message);
  }
}

/** A joint configuration is left as soon as it has been applied, by whoever leads then. */
function maybeLeaveJoint(core: RaftCore): void {
  if (core.role !== "leader" || !isJoint(core.configuration)) return;
  if (core.pendingConfigurationIndex > core.log.applied) return;
  appendOwn(core, [{ type: "configuration", data: new Uint8Array(0) }]);
  core.pendingConfigurationIndex = core.log.lastIndex;
  broadcastAppend(core);
}

function isSameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit;
}
