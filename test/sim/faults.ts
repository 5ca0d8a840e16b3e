import type { Prng } from "@drydock/base";

/** What goes wrong in one run, and how often. Chances are per step, of messages per message. */
export interface Faults {
  readonly loss: number;
  readonly duplication: number;
  /** Longest delay of a message, in steps; messages overtake each other. */
  readonly maxDelay: number;
  readonly partition: number;
  /** A link that carries in one direction only. */
  readonly oneWayCut: number;
  readonly heal: number;
  readonly crash: number;
  /** Longest time a member stays down. */
  readonly maxDown: number;
  readonly crashAll: number;
  /** Chance of each leader that it keeps only some of its followers from its first message on, and is gone a moment later: logs differ in their ends. */
  readonly huntLeader: number;
  readonly pause: number;
  /** Of the member that leads: it goes on as if no time had passed. */
  readonly pauseLeader: number;
  /** Chance of each crash window that the process ends there. */
  readonly crashInWindow: number;
  /** Longest sync, in steps. */
  readonly maxSync: number;
  readonly diskFull: number;
  /** How much faster or slower than true time a member's clock may run. */
  readonly skew: number;
  readonly membership: number;
  readonly transfer: number;
  readonly compaction: number;
  /** Largest append: small ones leave a log replicated in part. */
  readonly messageBytes: number;
}

/** Each seed has a weather of its own: some runs are calm in one respect and wild in another, which finds more than an average of all. */
export function drawFaults(prng: Prng): Faults {
  const some = (chance: number, most: number) => (prng.next() < chance ? prng.next() * most : 0);
  return {
    loss: some(0.6, 0.15),
    duplication: some(0.5, 0.15),
    maxDelay: 1 + prng.integer(prng.next() < 0.3 ? 40 : 8),
    partition: some(0.6, 0.01),
    oneWayCut: some(0.4, 0.01),
    heal: 0.004 + prng.next() * 0.02,
    crash: some(0.7, 0.006),
    maxDown: 20 + prng.integer(400),
    crashAll: some(0.2, 0.001),
    huntLeader: some(0.3, 0.7),
    pause: some(0.5, 0.004),
    pauseLeader: some(0.3, 0.004),
    crashInWindow: some(0.5, 0.002),
    maxSync: prng.next() < 0.4 ? prng.integer(20) : 0,
    diskFull: some(0.2, 0.001),
    skew: some(0.5, 0.02),
    membership: some(0.5, 0.01),
    transfer: some(0.4, 0.01),
    compaction: some(0.7, 0.02),
    messageBytes: prng.next() < 0.3 ? 1 : 50 + prng.integer(1000),
  };
}

export const CALM: Faults = {
  loss: 0,
  duplication: 0,
  maxDelay: 2,
  partition: 0,
  oneWayCut: 0,
  heal: 1,
  crash: 0,
  maxDown: 1,
  crashAll: 0,
  huntLeader: 0,
  pause: 0,
  pauseLeader: 0,
  crashInWindow: 0,
  maxSync: 0,
  diskFull: 0,
  skew: 0,
  membership: 0,
  transfer: 0,
  compaction: 0,
  messageBytes: 1000,
};
