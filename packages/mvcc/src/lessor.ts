import type { Backend } from "./backend.ts";
import { type Key, type LeaseId, NO_LEASE } from "./types.ts";

export interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  readonly keys: Set<Key>;
  /** What the last checkpoint said it had left; 0 when none did: a new leader starts from it instead of the whole time. */
  remainingSeconds: number;
  /** On the leader's monotonic clock; Infinity on other members, which never let leases expire. */
  expiresAtMs: number;
}

/** Leases and the keys that end with them. Only the leader watches the time; what it decides comes back through the log. */
export class Lessor {
  readonly #backend: Backend;
  readonly #leases = new Map<LeaseId, Lease>();
  readonly #leaseOf = new Map<Key, LeaseId>();
  /** How often each was done here; renewals only where this member leads. */
  readonly operations = { granted: 0, revoked: 0, renewed: 0 };
  #isPrimary = false;

  constructor(backend: Backend) {
    this.#backend = backend;
    for (const { id, ttlSeconds, remainingSeconds = 0 } of backend.leases()) {
      const expiresAtMs = Number.POSITIVE_INFINITY;
      this.#leases.set(id, { id, ttlSeconds, remainingSeconds, keys: new Set(), expiresAtMs });
    }
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
    this.#leases.set(id, { id, ttlSeconds, remainingSeconds: 0, keys: new Set(), expiresAtMs });
    this.#backend.putLease({ id, ttlSeconds });
    this.operations.granted++;
    return true;
  }

  /** The keys that must be deleted with it, in order; undefined when there is no such lease. */
  revoke(id: LeaseId): Key[] | undefined {
    const lease = this.#leases.get(id);
    if (!lease) return undefined;
    this.#leases.delete(id);
    this.#backend.deleteLease(id);
    this.operations.revoked++;
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
    this.operations.renewed++;
    return lease.ttlSeconds;
  }

  /**
   * What the leader saw it had left, by the log; 0 takes an earlier checkpoint back, because the lease was renewed: by this leader, or by the one
   * before it, whose last words are applied only now, when the lease's time was already counted from the checkpoint.
   */
  checkpoint(id: LeaseId, remainingSeconds: number, nowMs: number): void {
    const lease = this.#leases.get(id);
    if (!lease) return;
    lease.remainingSeconds = remainingSeconds;
    if (remainingSeconds === 0 && this.#isPrimary)
      lease.expiresAtMs = Math.max(lease.expiresAtMs, nowMs + lease.ttlSeconds * 1000);
    this.#backend.putLease({ id, ttlSeconds: lease.ttlSeconds, remainingSeconds });
  }

  /** What checkpoints should say of leases of which the log says more than `intervalMs` too much. */
  checkpointsDue(nowMs: number, intervalMs: number, limit: number): { id: LeaseId; remainingSeconds: number }[] {
    const due: { id: LeaseId; remainingSeconds: number }[] = [];
    for (const lease of this.#leases.values()) {
      if (due.length >= limit) break;
      const leftMs = lease.expiresAtMs - nowMs;
      if (!Number.isFinite(leftMs) || leftMs <= 0) continue;
      const recordedMs = (lease.remainingSeconds || lease.ttlSeconds) * 1000;
      // A little more than is left: a checkpoint must never make a lease end early.
      const remainingSeconds = Math.ceil(leftMs / 1000);
      if (recordedMs - leftMs > intervalMs) due.push({ id: lease.id, remainingSeconds });
    }
    return due;
  }

  /** Whole seconds, the last one not counted: as etcd tells it. */
  remainingSeconds(lease: Lease, nowMs: number): number {
    return Number.isFinite(lease.expiresAtMs)
      ? Math.max(0, Math.floor((lease.expiresAtMs - nowMs) / 1000))
      : lease.ttlSeconds;
  }

  /** Became leader: every lease gets what its checkpoint left it, or its whole time, and some more for what the election took. Never early. */
  promote(nowMs: number, extendMs: number): void {
    this.#isPrimary = true;
    for (const lease of this.#leases.values())
      lease.expiresAtMs = nowMs + (lease.remainingSeconds || lease.ttlSeconds) * 1000 + extendMs;
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
