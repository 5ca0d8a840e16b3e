import type { Clock } from "@drydock/base";
import { TimedHistogram } from "./timed-histogram.ts";

const REQUESTS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1];
const SEATS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const DEMAND = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6];

/** How a priority level is now. */
export interface LevelState {
  readonly waiting: number;
  readonly executing: number;
  readonly seatsInUse: number;
  readonly seatsWanted: number;
  /** How many may wait. */
  readonly waitingMax: number;
  readonly currentSeats: number;
  readonly nominalSeats: number;
}

/** How much of what it has a priority level used, for how long. */
export class LevelTimings {
  readonly waiting: TimedHistogram;
  readonly executing: TimedHistogram;
  readonly seats: TimedHistogram;
  readonly demand: TimedHistogram;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.waiting = new TimedHistogram(clock, REQUESTS);
    this.executing = new TimedHistogram(clock, REQUESTS);
    this.seats = new TimedHistogram(clock, SEATS);
    this.demand = new TimedHistogram(clock, DEMAND);
  }

  set(state: LevelState): void {
    // An exempt level has no limit of its own: what it is promised stands for it.
    const seats = Math.max(1, state.currentSeats);
    this.waiting.set(state.waiting / Math.max(1, state.waitingMax));
    this.executing.set(state.executing / seats);
    this.seats.set(state.seatsInUse / seats);
    this.demand.set(state.seatsWanted / Math.max(1, state.nominalSeats));
  }
}
