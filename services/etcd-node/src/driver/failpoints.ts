import type { Clock } from "@drydock/base";
import { parseFailpoints, type Rule } from "./parse-failpoints.ts";

/** Windows in which something may be made to go wrong, named after what has just been done or is about to be. */
const FAILPOINTS = [
  "raft-before-save",
  "raft-after-save",
  "wal-append",
  "apply-before",
  "apply-after",
  "snapshot-before-send",
  "snapshot-before-install",
  "snapshot-after-install",
  "compact-before-save",
  "compact-before-release",
  "compact-after-release",
  "backend-before-write",
  "forget-before-write",
  "defragment-before-swap",
  "defragment-after-swap",
  // Where a promise can be broken on purpose, to see whether the tests notice.
  "read-index",
  "watch-deliver",
  "lease-renew",
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** `skip`: whoever asks leaves out what it was about to do. */
export type FailpointHook = (name: Failpoint, writePart?: () => void) => "skip" | undefined;

let rules: ReadonlyMap<string, readonly Rule[]> | undefined;
const hits = new Map<string, number>();

/** What `DRYDOCK_FAILPOINT` asks for; see `parseFailpoints` for how. Throws on nonsense. Without it every failpoint is a call that returns. */
export function armFailpoints(text: string | undefined): void {
  rules = text ? parseFailpoints(text, FAILPOINTS) : undefined;
  hits.clear();
}

/** A machine whose wall clock is wrong: durations are measured with the other one and must not care. */
export function shiftedClock(clock: Clock, offsetMs: number): Clock {
  if (offsetMs === 0) return clock;
  return {
    nowMs: () => clock.nowMs() + offsetMs,
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
  };
}

/** `writePart` writes the beginning of what is about to be written, for writes that are torn. */
export const failpoint: FailpointHook = (name, writePart) => {
  const own = rules?.get(name);
  if (!own) return undefined;
  const count = (hits.get(name) ?? 0) + 1;
  hits.set(name, count);
  const rule = own.find(({ first, last, every }) => count >= first && count <= last && (count - first) % every === 0);
  return rule && act(rule, writePart);
};

function act({ action, argument }: Rule, writePart: (() => void) | undefined): "skip" | undefined {
  switch (action) {
    case "kill":
      return die();
    case "torn":
      writePart?.();
      return die();
    case "full":
      writePart?.();
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    case "sleep":
      // Nothing else runs meanwhile: a disk, or a processor, that stands still.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, argument);
      return undefined;
    case "skip":
      return "skip";
  }
}

/** At once: no handler runs, nothing is written any more. */
function die(): undefined {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}
