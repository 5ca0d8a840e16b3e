import type { Violation } from "./history.ts";

/** What a client saw of one lease. Times are the client's. */
export type LeaseEvent =
  /** Granted or kept alive: the answer promises `ttlMs` from some time after `sentMs`. */
  | {
      readonly kind: "alive";
      readonly id: number;
      readonly lease: string;
      readonly sentMs: number;
      readonly ttlMs: number;
    }
  /** Whoever asked for its revocation, whatever became of it. */
  | { readonly kind: "revoke"; readonly id: number; readonly lease: string; readonly sentMs: number }
  /** Seen to be gone: its keys were deleted, or the store said so. */
  | { readonly kind: "gone"; readonly id: number; readonly lease: string; readonly seenMs: number };

/**
 * A lease that nobody revoked lives for its whole time from the last answer that promised it. `drift` is how much faster than the
 * clients' a member's clock may run, as a fraction.
 */
export function checkLeases(events: readonly LeaseEvent[], drift = 0): Violation | undefined {
  const byLease = new Map<string, LeaseEvent[]>();
  for (const event of events) byLease.set(event.lease, [...(byLease.get(event.lease) ?? []), event]);
  for (const [lease, own] of byLease) {
    const found = checkLease(lease, own, drift);
    if (found) return found;
  }
  return undefined;
}

function checkLease(lease: string, events: readonly LeaseEvent[], drift: number): Violation | undefined {
  const revokedMs = Math.min(...events.flatMap((event) => (event.kind === "revoke" ? [event.sentMs] : [])));
  for (const gone of events) {
    if (gone.kind !== "gone" || gone.seenMs >= revokedMs) continue;
    const promise = events.find(
      (event) =>
        event.kind === "alive" && event.sentMs <= gone.seenMs && event.sentMs + event.ttlMs * (1 - drift) > gone.seenMs,
    );
    if (promise?.kind !== "alive") continue;
    const message = `lease ${lease} was gone ${gone.seenMs - promise.sentMs} ms after it was promised ${promise.ttlMs} ms`;
    return { check: "lease-expiry", offender: gone.id, message };
  }
  return undefined;
}
