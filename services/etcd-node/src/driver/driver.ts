import { type Clock, createPrng, type Timer } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { Command, Requester } from "@drydock/proto/drydock/raft/v1/raft";
import {
  appliableBeforeSave,
  type Entry,
  type Message,
  NONE,
  type NodeId,
  RaftNode,
  type Ready,
  type SnapshotRequest,
  type SoftState,
  type Term,
} from "@drydock/raft";
import { encodeCommand } from "../apply/command-codec.ts";
import type { Outcome } from "../apply/state-machine.ts";
import { errors } from "../rpc/errors.ts";
import { recordsOf } from "../wal/record.ts";
import { Applier, type ApplierOptions } from "./applier.ts";
import { CommitNotices } from "./commit-notices.ts";
import type { FailpointHook } from "./failpoints.ts";
import { FLUSH_LOOK_MS, FlushSchedule } from "./flush-schedule.ts";
import { Forgetting, type ForgettingOptions } from "./forgetting.ts";
import { Inbox } from "./inbox.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { LogCompaction } from "./log-compaction.ts";
import type { Restored, State } from "./open-state.ts";
import { OutgoingSnapshots } from "./outgoing-snapshots.ts";
import { PendingCommands, type ProposeOptions, type Waiter } from "./pending-commands.ts";
import { PendingReads } from "./pending-reads.ts";
import { type SaveBesideOptions, saveBesideApplying } from "./save-beside.ts";
import { Wakeup } from "./wakeup.ts";

/** The way to the other members. */
export interface Transport {
  send(to: NodeId, messages: readonly Message[]): void;
  /** Hands what was sent to the kernel before it returns. */
  flush(): void;
  /** Resolves when the peer has the whole state. */
  sendSnapshot(message: SnapshotRequest, records: Iterable<{ key: Buffer; value: Buffer }>): Promise<void>;
}

type Request = NonNullable<Command["request"]>;

export interface DriverOptions
  extends Pick<ApplierOptions, "warningApplyMs">,
    Pick<ForgettingOptions, "deletionsAtOnce" | "restMs"> {
  readonly id: NodeId;
  readonly dataDir: string;
  readonly restored: Restored;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failpoint: FailpointHook;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** Of a command as it goes into the log. */
  readonly maxRequestBytes: number;
  /** Entries applied between two compactions of the log. */
  readonly snapshotCount: number;
  /** Entries kept behind the compaction point for members that lag a little. */
  readonly catchUpEntries: number;
  /** Something that cannot be mended while running: the disk failed, an invariant broke. */
  onFatal(error: unknown): void;
  /** This member applied its own removal. */
  onRemoved(): void;
  /** Hands answers to the kernel: called when those who waited for what was applied have had their say. */
  flushAnswers(): void;
}

const MAX_GATHERED_CHANGES = 200_000;
const MAX_PENDING_COMMANDS = 5000;
/** etcd's: a learner with this share of the leader's log may be promoted. */
const READY_SHARE = 0.9;
/** Up to this long after the leader's connection broke its followers wait, each a random time, before they ask for votes. */
const CAMPAIGN_SPREAD_MS = 120;

/**
 * The one owner of raft, the log and the state: everything happens in its loop, in the order that `Ready` prescribes. Commands and
 * reads come in from the gRPC side, messages from the peers; each turn takes all that has come meanwhile, so that one sync of the
 * log and one message a peer serve many requests.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #raft: RaftNode;
  readonly #commands: PendingCommands;
  readonly #reads: PendingReads;
  readonly #applier: Applier;
  readonly #notices: CommitNotices;
  readonly #incoming: IncomingSnapshot;
  readonly #outgoing: OutgoingSnapshots;
  readonly #timers: Timer[] = [];
  readonly #flushes = new FlushSchedule();
  #state: State;
  readonly #inbox = new Inbox();
  readonly #compaction: LogCompaction;
  readonly forgetting: Forgetting;
  #nextId = 1;
  #soft: SoftState;
  readonly #wakeup = new Wakeup();
  readonly #saveBeside: SaveBesideOptions;
  #isStopped = false;
  #loop: Promise<void> = Promise.resolve();
  #onLeadership: (isLeader: boolean) => void = () => {};
  readonly #restoreListeners: (() => void)[] = [];
  #leaderChanges = 0;
  #onMembership: () => void = () => {};
  #leaderSinceMs = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
    const { restored, clock, electionMs, heartbeatMs } = options;
    this.#state = restored.state;
    this.#incoming = new IncomingSnapshot(options.dataDir, options.failpoint);
    const seed = Number(BigInt(options.id) % 2n ** 31n) ^ (Date.now() >>> 0);
    this.#raft = new RaftNode({
      id: options.id,
      electionTicks: Math.max(2, Math.round(electionMs / heartbeatMs)),
      heartbeatTicks: 1,
      maxBytesPerMessage: 1024 * 1024,
      maxInflightMessages: 256,
      prng: createPrng(seed),
      restored,
    });
    this.#soft = this.#raft.softState;
    // etcd: five seconds, and the time of two elections.
    const timeoutMs = 5_000 + 2 * electionMs;
    this.#commands = new PendingCommands(clock, timeoutMs);
    this.#reads = new PendingReads(clock, timeoutMs, createPrng(seed).integer(2 ** 31));
    const { wal, snapshot } = restored;
    const apply = (entries: readonly Entry[]) => this.#apply(entries);
    this.#saveBeside = { raft: this.#raft, wal, inbox: this.#inbox, wakeup: this.#wakeup, apply };
    this.#compaction = new LogCompaction({ ...options, raft: this.#raft, wal }, snapshot.index);
    this.#outgoing = new OutgoingSnapshots({
      ...options,
      raft: this.#raft,
      send: (message, records) => options.transport.sendSnapshot(message, records),
      onEnd: () => this.#signal(),
    });
    this.forgetting = new Forgetting({ ...options, state: () => this.#state });
    this.#notices = new CommitNotices({ raft: this.#raft, clock, onReady: () => this.#signal() });
    this.#applier = new Applier({
      ...options,
      proposer: this.#proposer,
      raft: this.#raft,
      commands: this.#commands,
      onMembership: () => this.#onMembership(),
    });
  }

  get state(): State {
    return this.#state;
  }
  get soft(): SoftState {
    return this.#soft;
  }
  get isLeader(): boolean {
    return this.#soft.role === "leader";
  }
  /** On the monotonic clock; without meaning while this member does not lead. */
  get leaderSinceMs(): number {
    return this.#leaderSinceMs;
  }
  /** Whether this member's log is nearly as good as the leader's; false unless this member leads. */
  hasCaughtUp(id: NodeId): boolean {
    return (this.#raft.matchOf(id) ?? 0) >= this.#raft.lastIndex * READY_SHARE;
  }
  /** Leaders seen; proposals under way, and those whose outcome nobody knew in time; what was slow, and how long it all took. */
  get counts() {
    const { size: pending, timedOut: failed } = this.#commands;
    const { slowTurns, durations } = this.#applier;
    return { leaderChanges: this.#leaderChanges, pending, failed, slowTurns, durations, reads: this.#reads.counts };
  }
  get status() {
    const { committed, applied, lastIndex, details } = this.#raft;
    return { ...this.#soft, committed, applied, lastIndex, details };
  }

  /** Told whenever this member gains or loses leadership. */
  onLeadership(listener: (isLeader: boolean) => void): void {
    this.#onLeadership = listener;
  }

  /** Told after a snapshot from the leader replaced the whole state. */
  onRestore(listener: () => void): void {
    this.#restoreListeners.push(listener);
  }

  /** Told after the members, or what is known of them, changed. */
  onMembership(listener: () => void): void {
    this.#onMembership = listener;
  }

  start(): void {
    const { clock, heartbeatMs, onFatal } = this.#options;
    const every = (ms: number, work: () => void) => {
      const again = (): Timer =>
        clock.setTimer(ms, () => {
          work();
          if (!this.#isStopped) this.#timers[slot] = again();
        });
      const slot = this.#timers.length;
      this.#timers.push(again());
    };
    every(heartbeatMs, () => this.#tick());
    this.forgetting.start();
    every(FLUSH_LOOK_MS, () => this.#flushes.look(this.#state.backend));
    this.#loop = this.#run().catch((error: unknown) => {
      if (!this.#isStopped) onFatal(error);
    });
    // A cluster of one needs nobody's vote and has no reason to wait.
    if (this.#raft.configuration.voters.length === 1) this.#raft.campaign();
    this.#signal();
  }

  /** Hands leadership on if it has it, then stops at the end of a turn with everything on the disk. */
  async stop(): Promise<void> {
    if (this.isLeader) await this.#handOver();
    this.#isStopped = true;
    this.#signal();
    await this.#loop;
    await this.forgetting.stop();
    await this.#compaction.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#notices.stop();
    this.#commands.rejectAll(errors.stopped());
    this.#reads.rejectAll(errors.stopped());
    await this.#state.backend.close();
    await this.#options.restored.wal.close();
  }

  /** Through the log. Rejects with RpcError when the outcome is not known in time, or is an error. `onlyInTerm`: a decision of its leader, worth nothing later. */
  propose(request: Request, requester?: Requester, onlyInTerm: Term = 0): Promise<Outcome> {
    return new Promise((settled, failed) => this.submit(request, requester, { settled, failed }, { onlyInTerm }));
  }

  /** A change of the membership, through the log; only on the leader. Rejects like `propose`. */
  async proposeMembership(request: Request): Promise<void> {
    await new Promise((settled, failed) =>
      this.submit(request, undefined, { settled, failed }, { isMembership: true }),
    );
  }

  /** Like `propose`, for who needs no promise, which costs as much as a put: the waiter may be told within the call. */
  submit(request: Request, requester: Requester | undefined, waiter: Waiter, options: ProposeOptions = {}): void {
    if (this.#isStopped) return waiter.failed(errors.stopped());
    const isTooMuch = this.#commands.size >= MAX_PENDING_COMMANDS && !options.isMembership;
    if (isTooMuch) return waiter.failed(errors.tooManyRequests());
    const command = { proposer: this.#proposer, id: this.#nextId++, request, requester };
    const data = encodeCommand(command);
    if (data.length > this.#options.maxRequestBytes) return waiter.failed(errors.requestTooLarge());
    this.#commands.add(command, data, waiter, options);
    this.#signal();
  }

  /** Resolves when a read of the state is linearizable. */
  linearize(): Promise<void> {
    if (this.#isStopped) return Promise.reject(errors.stopped());
    if (this.#options.failpoint("read-index") === "skip") return Promise.resolve();
    const ready = this.#reads.wait();
    this.#signal();
    return ready;
  }

  /** The term in which this member leads, once it is certain that it does. Rejects when it does not. */
  async ensureLeading(): Promise<Term> {
    const { term } = this.#raft.softState;
    const leads = () => this.isLeader && this.#raft.softState.role === "leader" && this.#raft.softState.term === term;
    if (leads()) await this.linearize();
    if (!leads()) throw errors.notLeader();
    return term;
  }

  receive(messages: readonly Message[]): void {
    this.#inbox.add(messages);
    this.#signal();
  }

  /** A peer's whole state; true once raft has it, or did not need it. */
  receiveSnapshot(
    message: SnapshotRequest,
    records: AsyncIterable<readonly { key: Buffer; value: Buffer }[]>,
  ): Promise<boolean> {
    return this.#incoming.receive(message, records, (staged) => this.receive([staged]));
  }

  /** The connection to a peer broke. If it leads, this member need not wait out the election timeout. */
  peerLost(id: NodeId): void {
    this.#raft.reportUnreachable(id);
    if (!this.#raft.suspectLeader(id)) return;
    const delayMs = Math.floor(Math.random() * CAMPAIGN_SPREAD_MS);
    this.#options.clock.setTimer(delayMs, () => {
      if (this.#isStopped || this.#raft.softState.leader !== NONE) return;
      this.#raft.campaign();
      this.#signal();
    });
    this.#signal();
  }

  /** False when this member does not lead or the target cannot. */
  transferLeadership(target: NodeId): boolean {
    const hasBegun = this.#raft.transferLeadership(target);
    this.#signal();
    return hasBegun;
  }

  /** Ids are counted anew in each life, so a life has a name of its own. */
  readonly #proposer = `${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;

  #tick(): void {
    this.#raft.tick();
    this.#reads.sweep();
    this.#commands.sweep();
    this.#signal();
  }

  #signal(): void {
    this.#wakeup.signal();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#takeInputs();
      if (!this.#raft.hasReady()) {
        await this.#wakeup.wait();
        continue;
      }
      await this.#process(this.#raft.ready());
      this.#noteSoftState();
    }
  }

  #takeInputs(): void {
    const inbox = this.#inbox.takeAll();
    for (const message of inbox) {
      // A snapshot that was staged is stepped last: its Ready must come at once.
      if (message.type !== "snapshot") this.#raft.step(message);
    }
    for (const message of inbox) if (message.type === "snapshot") this.#raft.step(message);
    if (inbox.some((message) => this.#incoming.isStaged(message))) this.#incoming.settle(this.#raft.firstIndex);
    if (this.#commands.hasQueued) this.#proposeQueued();
    this.#proposeMembershipChange();
    this.#reads.start((context) => this.#raft.readIndex(context));
  }

  #proposeQueued(): void {
    const { role, term } = this.#raft.softState;
    const batch = this.#commands.queued(role === "leader" ? term : 0);
    if (batch.length === 0) return;
    const verdict = this.#raft.propose(batch);
    if (verdict === "accepted" || verdict === "forwarded") this.#commands.proposed(this.#raft.softState.term);
  }

  #proposeMembershipChange(): void {
    if (this.#raft.softState.role !== "leader") {
      this.#commands.rejectMembership(errors.leaderChanged);
      return;
    }
    // While another change is under way it stays queued: applying that one wakes the loop.
    this.#commands.proposeMembership((data) =>
      this.#raft.proposeConfiguration(data) === "accepted" ? this.#raft.softState.term : 0,
    );
  }

  /** The order of these steps is the contract of `Ready`. */
  async #process(ready: Ready): Promise<void> {
    const { failpoint, restored } = this.#options;
    this.#send(ready.messagesBeforeSave);
    if (ready.snapshot) await this.#install();
    failpoint("raft-before-save");
    const early = this.isLeader && ready.mustSave ? appliableBeforeSave(ready) : [];
    if (early.length > 0 || (ready.entries.length > 0 && this.isLeader && this.#raft.othersCanCommit))
      await saveBesideApplying(ready, early, this.#state.backend, this.#saveBeside);
    else if (ready.mustSave) await restored.wal.save(recordsOf(ready));
    else if (ready.hardState) restored.wal.note(ready.hardState);
    failpoint("raft-after-save");
    this.#send(ready.messages);
    this.#apply(ready.committed.slice(early.length));
    this.#reads.confirmed(ready.readStates, this.#state.backend.applied()?.index ?? 0);
    if (ready.readStates.length > 0) process.nextTick(this.#options.flushAnswers);
    this.#raft.advance();
    // Writing falls behind: waiting for it is better than memory without bound.
    if (this.#state.backend.gatheredCount > MAX_GATHERED_CHANGES) await this.#state.backend.sync();
    await this.#compaction.maybeCompact(this.#state);
  }

  #apply(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (!last) return;
    this.#options.failpoint("apply-before");
    this.#applier.apply(entries, this.#state);
    this.#reads.applied(last.index);
    this.#options.failpoint("apply-after");
    process.nextTick(this.#options.flushAnswers);
    this.forgetting.begin();
    if (this.isLeader) this.#notices.committed();
  }

  #send(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    for (const message of messages) if (message.type === "snapshot") this.#outgoing.start(message, this.#state);
    const others = messages.filter(({ type }) => type !== "snapshot");
    for (const [to, list] of Map.groupBy(others, (message) => message.to)) this.#options.transport.send(to, list);
    // The peers work on it while this member's write to the disk blocks its loop.
    this.#options.transport.flush();
  }

  async #install(): Promise<void> {
    await this.forgetting.stop();
    const { state, meta } = await this.#incoming.install(this.#state);
    this.#state = state;
    this.forgetting.start();
    this.#compaction.restarted(meta.index);
    this.#commands.restored();
    this.#options.logger.info(
      { index: meta.index, revision: state.machine.store.revision },
      "installed a snapshot from the leader",
    );
    for (const listener of this.#restoreListeners) listener();
    this.#onMembership();
  }

  #noteSoftState(): void {
    const now = this.#raft.softState;
    const before = this.#soft;
    this.#soft = now;
    if (now.role === before.role && now.leader === before.leader && now.term === before.term) return;
    if (now.leader !== NONE && now.leader !== before.leader) this.#leaderChanges++;
    this.#options.logger.info({ role: now.role, leader: now.leader, term: now.term }, "raft state changed");
    const isLeader = now.role === "leader";
    if (isLeader === (before.role === "leader")) return;
    const { lessor } = this.#state.machine;
    if (isLeader) this.#leaderSinceMs = this.#options.clock.monotonicMs();
    if (isLeader) lessor.promote(this.#options.clock.monotonicMs(), this.#options.electionMs);
    else lessor.demote();
    this.#onLeadership(isLeader);
  }

  /** Gives leadership to the member whose log is longest, and waits a moment for it to take it. */
  async #handOver(): Promise<void> {
    const others = this.#raft.configuration.voters.filter((id) => id !== this.#options.id);
    const best = others.sort((a, b) => (this.#raft.matchOf(b) ?? 0) - (this.#raft.matchOf(a) ?? 0))[0];
    if (best === undefined || !this.transferLeadership(best)) return;
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.electionMs;
    while (this.isLeader && this.#options.clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => this.#options.clock.setTimer(10, resolve));
    }
  }
}
