import type { Violation } from "./history.ts";

/** A time for which a client was certain to hold a lock: from the answer that gave it to the end of its certainty (release asked for, lease over). */
export interface LockHold {
  readonly id: number;
  readonly lock: string;
  readonly client: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** No two clients are ever certain to hold one lock. Names the hold that began while another lasted. */
export function checkLocks(holds: readonly LockHold[]): Violation | undefined {
  const current = new Map<string, LockHold>();
  for (const hold of [...holds].sort((a, b) => a.fromMs - b.fromMs)) {
    const other = current.get(hold.lock);
    if (other && other.untilMs > hold.fromMs) {
      const message = `${hold.client} got ${hold.lock} at ${hold.fromMs} while ${other.client} held it until ${other.untilMs}`;
      return { check: "lock-exclusive", offender: hold.id, message };
    }
    if (!other || hold.untilMs > other.untilMs) current.set(hold.lock, hold);
  }
  return undefined;
}
