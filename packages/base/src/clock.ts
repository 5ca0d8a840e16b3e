/**
 * The passage of time, provided from outside. `nowMs` is wall time (ms since the epoch) and may jump;
 * `monotonicMs` never goes back and is what durations are measured with.
 */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
  /** Runs `callback` once, `delayMs` from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Idempotent; a no-op once the timer has fired. */
  cancel(): void;
}

/** Repeats `callback` every `intervalMs`, the first time after one interval, until cancelled. A slow callback delays the next run, never overlaps it. */
export function setRepeating(clock: Clock, intervalMs: number, callback: () => void): Timer {
  let isCancelled = false;
  let current: Timer;
  const run = () => {
    callback();
    if (!isCancelled) current = clock.setTimer(intervalMs, run);
  };
  current = clock.setTimer(intervalMs, run);
  return {
    cancel() {
      isCancelled = true;
      current.cancel();
    },
  };
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
