import type { Backend } from "./backend.ts";
import { type Key, type LeaseId, NO_LEASE } from "./types.ts";

export interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  readonly keys: Set<Key>;
  /** On the leader's monotonic clock; Infinity on other members, which never let leases expire. */
  expiresAtMs: number;
}

/** Leases and the keys that end with them. Only the leader watches the time; what it decides comes back through the log. */
export class Lessor {
  readonly #backend: Backend;
  readonly #leases = new Map<LeaseId, Lease>();
  readonly #leaseOf = new Map<Key, LeaseId>();
  #isPrimary = false;

  constructor(backend: Backend) {
    this.#backend = backend;
    for (const { id, ttlSeconds } of backend.leases())
      this.#leases.set(id, { id, ttlSeconds, keys: new Set(), expiresAtMs: Number.POSITIVE_INFINITY });
  }

  get leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  get(id: LeaseId): Lease | undefined {
    return this.#leases.get(id);
  }

  /** False when the id is taken. */
  grant(id: LeaseId, ttlSeconds: number, nowMs: number): boolean {
    if (this.#leases.has(id)) return false;
    const expiresAtMs = this.#isPrimary ? nowMs + ttlSeconds * 1000 : Number.POSITIVE_INFINITY;
    this.#leases.set(id, { id, ttlSeconds, keys: new Set(), expiresAtMs });
    this.#backend.putLease({ id, ttlSeconds });
    return true;
  }

  /** The keys that must be deleted with it, in order; undefined when there is no such lease. */
  revoke(id: LeaseId): Key[] | undefined {
    const lease = this.#leases.get(id);
    if (!lease) return undefined;
    this.#leases.delete(id);
    this.#backend.deleteLease(id);
    for (const key of lease.keys) this.#leaseOf.delete(key);
    return [...lease.keys].sort();
  }

  /** The key now belongs to this lease, or to none. */
  attach(key: Key, id: LeaseId): void {
    const old = this.#leaseOf.get(key);
    if (old !== undefined) this.#leases.get(old)?.keys.delete(key);
    this.#leaseOf.delete(key);
    const lease = id === NO_LEASE ? undefined : this.#leases.get(id);
    if (!lease) return;
    lease.keys.add(key);
    this.#leaseOf.set(key, id);
  }

  /** The new remaining time in seconds, or undefined when there is no such lease (or it has expired already). */
  renew(id: LeaseId, nowMs: number): number | undefined {
    const lease = this.#leases.get(id);
    if (!lease || lease.expiresAtMs <= nowMs) return undefined;
    lease.expiresAtMs = nowMs + lease.ttlSeconds * 1000;
    return lease.ttlSeconds;
  }

  remainingSeconds(lease: Lease, nowMs: number): number {
    return Number.isFinite(lease.expiresAtMs)
      ? Math.max(0, Math.ceil((lease.expiresAtMs - nowMs) / 1000))
      : lease.ttlSeconds;
  }

  /** Became leader: every lease gets its whole time again, and some more for what the election took. Never early. */
  promote(nowMs: number, extendMs: number): void {
    this.#isPrimary = true;
    for (const lease of this.#leases.values()) lease.expiresAtMs = nowMs + lease.ttlSeconds * 1000 + extendMs;
  }

  demote(): void {
    this.#isPrimary = false;
    for (const lease of this.#leases.values()) lease.expiresAtMs = Number.POSITIVE_INFINITY;
  }

  /** At most `limit` leases whose time is over. */
  expired(nowMs: number, limit: number): LeaseId[] {
    const ids: LeaseId[] = [];
    for (const lease of this.#leases.values()) {
      if (lease.expiresAtMs <= nowMs) ids.push(lease.id);
      if (ids.length >= limit) break;
    }
    return ids;
  }
}
