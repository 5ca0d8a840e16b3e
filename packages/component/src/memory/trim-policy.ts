/** What a process did and holds, told in equal steps of time. */
export interface MemorySample {
  /** Of the time since the last sample, what share of one core the process used. */
  readonly cpuShare: number;
  readonly residentBytes: number;
}

const MIB = 1024 * 1024;
const QUIET_CPU_SHARE = 0.1;
const QUIET_SAMPLES = 5;
/** Beneath this it is not worth the pause. */
const WORTH_BYTES = 24 * MIB;
/** Between two times. One that never has more than a little to do soon holds as much again: it rests twice as long after each. */
const REST_SAMPLES = 15;
const REST_SAMPLES_MAX = 240;

/** Says when a process gives memory back: it has become quiet for the first time, or holds much more than it needed at the last time that it was. */
export class TrimPolicy {
  #floorBytes = 0;
  #quiet = 0;
  #rest = 0;
  #nextRest = REST_SAMPLES;

  isDue({ cpuShare, residentBytes }: MemorySample): boolean {
    const isQuiet = cpuShare < QUIET_CPU_SHARE;
    this.#quiet = isQuiet ? this.#quiet + 1 : 0;
    if (!isQuiet) this.#nextRest = REST_SAMPLES;
    this.#floorBytes = Math.min(this.#floorBytes, residentBytes);
    if (this.#rest > 0) this.#rest--;
    return this.#rest === 0 && this.#quiet >= QUIET_SAMPLES && residentBytes - this.#floorBytes >= WORTH_BYTES;
  }

  /** What is left is in use: only what comes to it counts. */
  onTrimmed(residentBytes: number): void {
    this.#floorBytes = residentBytes;
    this.#rest = this.#nextRest;
    this.#nextRest = Math.min(REST_SAMPLES_MAX, this.#rest * 2);
  }
}
