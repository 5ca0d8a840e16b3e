import { createPrng, type Prng } from "@drydock/base";
import { allMembers, type Configuration, isJoint, type LogIndex, type NodeId, type SnapshotMeta } from "@drydock/raft";
import { Agenda } from "./agenda.ts";
import { type Behaviour, behaviourOf, type Mutation } from "./behaviour.ts";
import { CLIENT_TIMEOUT_STEPS, type Client, type Cluster } from "./clients.ts";
import { CALM, drawFaults, type Faults } from "./faults.ts";
import { checkConverged, checkHistories } from "./final-checks.ts";
import { KvClient } from "./kv-client.ts";
import { LeaseClient } from "./lease-client.ts";
import { Member } from "./member.ts";
import { planChange } from "./membership.ts";
import type { Process } from "./process.ts";
import { Recorder } from "./recorder.ts";
import { VirtualNetwork } from "./virtual-network.ts";
import { WatchClient } from "./watch-client.ts";
import { Witness } from "./witness.ts";
import type { World } from "./world.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
  readonly mutation?: Mutation;
  /** Instead of those drawn from the seed. */
  readonly faults?: Faults;
}

export interface SimulationReport {
  readonly digest: string;
  readonly steps: number;
  readonly committed: number;
  readonly leaders: number;
  readonly restarts: number;
  readonly operations: number;
  readonly unknown: number;
  readonly members: number;
}

const NOBODY: Configuration = { voters: [], outgoing: [], learners: [] };
/** Time for everything to come together once the faults have ended. */
const QUIET_STEPS = 6000;

/**
 * A whole store on one agenda: members on virtual disks and clocks over a virtual network, clients that write, read, watch and hold leases,
 * and everything that can go wrong. The same options give the same run. Throws ViolationError when a promise is broken.
 */
export class Simulation implements World, Cluster {
  readonly agenda = new Agenda();
  readonly prng: Prng;
  readonly behaviour: Behaviour;
  readonly witness = new Witness();
  readonly recorder = new Recorder();
  readonly #options: SimulationOptions;
  readonly #network: VirtualNetwork;
  readonly #members: Member[] = [];
  readonly #clients: Client[];
  #faults: Faults;
  #numbers = 0;
  #leadersMet = 0;
  #configuration = NOBODY;
  #configuredIndex: LogIndex = -1;
  readonly #joined = new Set<NodeId>();
  readonly #endedLeases = new Set<string>();

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.prng = createPrng(options.seed);
    this.behaviour = behaviourOf(options.mutation);
    this.#faults = options.faults ?? drawFaults(this.prng);
    this.#network = new VirtualNetwork(this.agenda, this.prng, () => this.#faults, {
      deliver: (parcel) => {
        if (!this.#member(parcel.message.to)?.receive(parcel)) this.#lost(parcel.message);
      },
      lost: (parcel) => this.#lost(parcel.message),
    });
    const voters = Array.from({ length: this.prng.next() < 0.5 ? 3 : 5 }, (_, index) => String(index + 1));
    const configuration = { voters, outgoing: [], learners: [] };
    // Behind an entry that nobody has: who joins later gets the membership by a snapshot, never by the log alone.
    for (const id of voters) this.#addMember(id, { index: 1, term: 1, configuration });
    this.configured(1, configuration);
    this.#clients = this.#createClients();
  }

  run(): SimulationReport {
    while (this.agenda.step < this.#options.steps) this.#advance();
    this.#calmDown();
    const deadline = this.agenda.step + QUIET_STEPS;
    for (let quiet = 0; quiet < QUIET_STEPS / 3; quiet++) this.#advance();
    for (const client of this.#clients) client.stop();
    for (let drained = 0; this.agenda.step < deadline && drained < CLIENT_TIMEOUT_STEPS + 20; drained++) {
      this.#advance();
      if (!this.#hasConverged()) drained = 0;
    }
    for (const client of this.#clients) client.stop();
    for (let last = 0; last < 10; last++) this.#advance();
    checkConverged(this.#present(), this.#hasConverged());
    checkHistories(this.recorder, this.witness.history, this.#options.faults?.skew ?? 0.02);
    return this.report();
  }

  report(): SimulationReport {
    const { operations } = this.recorder;
    return {
      digest: this.witness.digest,
      steps: this.agenda.step,
      committed: this.witness.committedCount,
      leaders: this.witness.leaderCount,
      restarts: this.#members.reduce((sum, { restarts }) => sum + restarts, 0),
      operations: operations.length,
      unknown: operations.filter(({ outcome }) => outcome.kind === "unknown").length,
      members: this.#members.length,
    };
  }

  faults(): Faults {
    return this.#faults;
  }

  send(parcel: Parameters<VirtualNetwork["send"]>[0]): void {
    this.#network.send(parcel);
  }

  snapshotFate(from: NodeId, to: NodeId, hasArrived: boolean): void {
    this.agenda.after(1 + this.prng.integer(3), () => this.#member(from)?.process?.raft.reportSnapshot(to, hasArrived));
  }

  freshNumber(): number {
    return ++this.#numbers;
  }

  anyMember(): Member {
    const present = this.#present();
    return present[this.prng.integer(present.length)] as Member;
  }

  configured(index: LogIndex, configuration: Configuration): void {
    if (index <= this.#configuredIndex) return;
    this.#configuredIndex = index;
    this.#configuration = configuration;
    const members = new Set(allMembers(configuration));
    for (const id of members) this.#joined.add(id);
    if (isJoint(configuration)) return;
    for (const id of this.#joined) {
      if (members.has(id)) continue;
      this.#joined.delete(id);
      this.agenda.after(this.prng.integer(300), () => this.#member(id)?.remove());
    }
  }

  leaseEnded(lease: string): void {
    if (this.#endedLeases.has(lease)) return;
    this.#endedLeases.add(lease);
    this.recorder.leaseEvents.push({ kind: "gone", id: this.recorder.id(), lease, seenMs: this.agenda.nowMs });
  }

  isAlive(process: Process): boolean {
    return this.#member(process.id)?.process === process;
  }

  #lost({ type, from, to }: { type: string; from: NodeId; to: NodeId }): void {
    if (type === "snapshot") this.snapshotFate(from, to, false);
  }

  #advance(): void {
    this.agenda.advance();
    this.#injectFaults();
    for (const member of this.#members) member.step();
    for (const client of this.#clients) client.step();
  }

  #injectFaults(): void {
    const faults = this.#faults;
    const happens = (chance: number) => chance > 0 && this.prng.next() < chance;
    if (happens(faults.crash)) this.anyMember().crash(this.prng.integer(faults.maxDown));
    if (happens(faults.crashAll)) for (const member of this.#present()) member.crash(this.prng.integer(faults.maxDown));
    if (this.witness.leaderCount > this.#leadersMet) {
      this.#leadersMet = this.witness.leaderCount;
      if (happens(faults.huntLeader)) this.#huntLeader();
    }
    if (happens(faults.pause)) this.anyMember().pause(this.prng.integer(500));
    if (happens(faults.pauseLeader)) this.#member(this.#leader()?.id ?? "")?.pause(this.prng.integer(500));
    if (happens(faults.diskFull)) this.anyMember().disk.isFull = true;
    if (happens(faults.partition)) this.#split(true);
    if (happens(faults.oneWayCut)) this.#split(false);
    if (happens(faults.heal)) this.#heal();
    if (happens(faults.transfer)) this.anyMember().process?.raft.transferLeadership(this.anyMember().id);
    if (happens(faults.membership)) this.#changeMembership();
    if (happens(faults.compaction)) this.#compact();
  }

  #split(isBothWays: boolean): void {
    const ids = this.#members.map(({ id }) => id);
    const some = ids.filter(() => this.prng.next() < 0.4);
    const others = ids.filter((id) => !some.includes(id));
    this.#network.cut(some, others, isBothWays);
  }

  #huntLeader(): void {
    const id = this.#leader()?.id;
    if (id === undefined) return;
    this.#network.heal();
    const others = this.#members.map((member) => member.id).filter((other) => other !== id && this.prng.next() < 0.6);
    this.#network.cut([id], others, true);
    this.agenda.after(1 + this.prng.integer(30), () => {
      this.#member(id)?.crash(this.prng.integer(this.#faults.maxDown));
      this.#network.heal();
    });
  }

  #heal(): void {
    this.#network.heal();
    for (const { disk } of this.#members) disk.isFull = false;
  }

  #calmDown(): void {
    this.#faults = { ...CALM, skew: this.#faults.skew };
    this.#heal();
    for (const member of this.#members) member.mend();
  }

  #changeMembership(): void {
    const leader = this.#leader();
    if (!leader) return;
    const changes = planChange(leader.raft.configuration, this.prng, () => String(100 + this.freshNumber()));
    if (!leader.proposeConfiguration(changes)) return;
    for (const { kind, id } of changes)
      if (kind === "add-learner") this.#addMember(id, { index: 0, term: 0, configuration: NOBODY });
  }

  #compact(): void {
    const process = this.anyMember().process;
    const revision = (process?.state.store.revision ?? 0) - this.prng.integer(30);
    if (revision > 0) process?.propose({ kind: "compact", revision }, () => {});
  }

  #addMember(id: NodeId, initial: SnapshotMeta): void {
    this.#members.push(new Member(id, this, initial));
  }

  #createClients(): Client[] {
    const kv = Array.from({ length: 4 }, (_, index) => new KvClient(this, `c${index}`));
    const leases = Array.from({ length: 3 }, (_, index) => new LeaseClient(this, `l${index}`));
    const ranges = [{ key: "k", end: "l" }, { key: "k0" }, { key: "a", end: "\0" }, { key: "lease/", end: "lease0" }];
    const drops = this.behaviour.dropsEvents ?? false;
    return [...kv, ...leases, ...ranges.map((range, index) => new WatchClient(this, `w${index}`, range, drops))];
  }

  /** Members of the present configuration. */
  #present(): Member[] {
    return this.#members.filter(({ id, isRemoved }) => !isRemoved && this.#joined.has(id));
  }

  #leader(): Process | undefined {
    return this.#present().find(({ process }) => process?.isLeader)?.process;
  }

  #hasConverged(): boolean {
    const { voters, learners, outgoing } = this.#configuration;
    const applied = [...voters, ...learners].map((id) => this.#member(id)?.process?.applied ?? -1);
    return outgoing.length === 0 && this.#leader() !== undefined && new Set(applied).size === 1;
  }

  #member(id: NodeId): Member | undefined {
    return this.#members.find((member) => member.id === id);
  }
}
