import type { NodeId, SnapshotMeta } from "@drydock/raft";
import { behind, encodeRecords, type LogContents, openLog } from "./log-file.ts";
import { Crash, Process } from "./process.ts";
import { EMPTY_IMAGE, type StateImage } from "./sim-backend.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { DiskFullError, VirtualDisk } from "./virtual-disk.ts";
import type { Parcel } from "./virtual-network.ts";
import type { World } from "./world.ts";

/** What lasts of a member from one process to the next: its disk, its state as it was flushed, its clock. */
export class Member {
  readonly id: NodeId;
  readonly disk = new VirtualDisk();
  readonly #world: World;
  readonly #initial: SnapshotMeta;
  readonly #clock: VirtualClock;
  #image: StateImage;
  #process: Process | undefined;
  #upAtStep = 0;
  #pausedUntilStep = 0;
  isRemoved = false;
  restarts = -1;

  constructor(id: NodeId, world: World, initial: SnapshotMeta) {
    this.id = id;
    this.#world = world;
    this.#initial = initial;
    this.#image = initial.index > 0 ? { ...EMPTY_IMAGE, mark: initial } : EMPTY_IMAGE;
    const { prng } = world;
    this.#clock = new VirtualClock(1 + (2 * prng.next() - 1) * world.faults().skew, prng.integer(1_000_000));
  }

  get process(): Process | undefined {
    return this.#process;
  }

  get isPaused(): boolean {
    return this.#pausedUntilStep > this.#world.agenda.step;
  }

  step(): void {
    if (this.isRemoved) return;
    if (!this.#process && this.#upAtStep <= this.#world.agenda.step) this.#start();
    if (!this.#process || this.isPaused) return;
    try {
      this.#process.step();
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof DiskFullError)) throw error;
      this.crash(this.#world.prng.integer(this.#world.faults().maxDown));
    }
  }

  receive(parcel: Parcel): boolean {
    this.#process?.receive(parcel);
    return this.#process !== undefined;
  }

  /** Everything that was not synced or flushed is gone. */
  crash(downSteps: number): void {
    if (this.#process) {
      this.#image = this.#process.state.backend.durable;
      this.disk.crash(this.#world.prng);
      this.#process = undefined;
    }
    this.#upAtStep = this.#world.agenda.step + downSteps;
  }

  pause(steps: number): void {
    this.#pausedUntilStep = this.#world.agenda.step + steps;
  }

  /** All that ails it is over. */
  mend(): void {
    this.disk.isFull = false;
    this.#pausedUntilStep = 0;
    this.#upAtStep = 0;
  }

  remove(): void {
    this.crash(0);
    this.isRemoved = true;
  }

  #start(): void {
    this.restarts++;
    const log = this.#reconcile(openLog(this.disk, this.#initial));
    this.#process = new Process(this.id, this.#world, this.disk, this.#clock, log, this.#image);
  }

  /** The state may be ahead of the log: a snapshot was installed, and the process ended before the log could say so. */
  #reconcile(log: LogContents): LogContents {
    const { mark } = this.#image;
    if (!mark) return log;
    const found =
      mark.index === log.snapshot.index ? log.snapshot : log.entries.find(({ index }) => index === mark.index);
    const commit = Math.max(log.hardState.commit, mark.index);
    if (found?.term === mark.term) return { ...log, hardState: { ...log.hardState, commit } };
    // A vote of an older term says nothing about the snapshot's.
    const isNewTerm = mark.term > log.hardState.term;
    const hardState = isNewTerm ? { term: mark.term, vote: "", commit } : { ...log.hardState, commit };
    this.disk.replace(
      encodeRecords([
        { kind: "snapshot", snapshot: mark },
        { kind: "hard-state", hardState },
      ]),
    );
    return { hardState, snapshot: mark, entries: behind(log.entries, mark) };
  }
}
