import { StatusError } from "@drydock/apimachinery";
import { type Clock, sleep } from "@drydock/base";
import type { Logger } from "@drydock/component";
import { leases, type V1Lease } from "@drydock/kube-api";
import type { ApiClient } from "./api-client.ts";

/** Durations are client-go's defaults for control-plane components. */
export interface LeaderElectionOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** This candidate; unique in the cluster. */
  readonly identity: string;
  /** How long a leader that fell silent keeps the lease; default 15 s. */
  readonly leaseDurationMs?: number;
  /** How long the leader tries to renew before it gives up; default 10 s. Less than the lease duration. */
  readonly renewDeadlineMs?: number;
  /** Pause between tries; default 2 s. */
  readonly retryPeriodMs?: number;
}

interface Timings {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** What was last seen of the Lease, and when: expiry is judged by the local clock, never by the timestamps in the Lease. */
interface Observation {
  readonly record: string;
  readonly atMs: number;
}

/**
 * Waits to become leader, then runs `lead` until it returns, the lease is lost or `signal` aborts. `lead`'s own signal is aborted
 * when leadership is lost. Resolves `"lost"` when leadership slipped away (the process should start over), `"done"` otherwise.
 * On a graceful end the lease is released, so that a successor need not wait for it to expire.
 */
export async function runLeaderElection(
  options: LeaderElectionOptions,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<"lost" | "done"> {
  const elector = new LeaderElector(options);
  if (!(await elector.acquire(signal))) return "done";
  const term = new AbortController();
  const stop = () => term.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const leading = lead(term.signal).then(() => "done" as const);
  const renewing = elector.renew(term.signal).then((held) => (held ? ("done" as const) : ("lost" as const)));
  try {
    const outcome = await Promise.race([leading, renewing.then((result) => (result === "lost" ? result : leading))]);
    term.abort(new Error(outcome === "lost" ? "leadership lost" : "done"));
    await leading.catch(() => {});
    if (outcome === "done") await elector.release();
    return outcome;
  } finally {
    term.abort();
    signal.removeEventListener("abort", stop);
  }
}

class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #timings: Timings;
  #observed: Observation | undefined;
  #held: V1Lease | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timings = {
      leaseDurationMs: options.leaseDurationMs ?? 15_000,
      renewDeadlineMs: options.renewDeadlineMs ?? 10_000,
      retryPeriodMs: options.retryPeriodMs ?? 2_000,
    };
  }

  /** True once the lease is ours, false when aborted before. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { logger, name, identity } = this.#options;
    logger.info({ lease: name, identity }, "waiting for leadership");
    while (!signal.aborted) {
      if (await this.#tryAcquireOrRenew()) {
        logger.info({ lease: name, identity }, "became leader");
        return true;
      }
      await this.#pause(signal);
    }
    return false;
  }

  /** Keeps the lease until aborted (true) or until it could not be renewed in time (false). */
  async renew(signal: AbortSignal): Promise<boolean> {
    const { clock, logger, name } = this.#options;
    let renewedMs = clock.monotonicMs();
    while (!signal.aborted) {
      await this.#pause(signal);
      if (signal.aborted) return true;
      // Counted from the request: whoever waits for the lease may have seen it renewed long before the answer came.
      const askedMs = clock.monotonicMs();
      if (await this.#isInTime(this.#tryAcquireOrRenew(), renewedMs + this.#timings.renewDeadlineMs)) {
        renewedMs = askedMs;
      } else if (clock.monotonicMs() - renewedMs >= this.#timings.renewDeadlineMs) {
        logger.error({ lease: name }, "leadership lost: the lease could not be renewed in time");
        return false;
      }
    }
    return true;
  }

  /** False also when the answer does not come until then: on a connection that is dead without saying so it may take longer than the lease lasts. */
  async #isInTime(outcome: Promise<boolean>, deadlineMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const answered = new AbortController();
    const late = sleep(clock, Math.max(0, deadlineMs - clock.monotonicMs()), answered.signal).then(
      () => false,
      () => false,
    );
    return Promise.race([outcome, late]).finally(() => answered.abort());
  }

  async release(): Promise<void> {
    const lease = this.#held;
    if (!lease?.spec) return;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: this.#now() };
    await this.#options.client.update(leases, { ...lease, spec }).catch((error: unknown) => {
      this.#options.logger.warn({ err: StatusError.from(error).message }, "could not release the lease");
    });
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const { client, namespace, name, logger } = this.#options;
    try {
      const current = await client.get(leases, { namespace, name }).catch((error: unknown) => {
        if (StatusError.from(error).code === 404) return undefined;
        throw error;
      });
      if (!current) {
        this.#held = await client.create(leases, this.#record(undefined));
        return true;
      }
      if (!this.#mayTake(current)) return false;
      this.#held = await client.update(leases, this.#record(current));
      return true;
    } catch (error) {
      logger.debug({ err: StatusError.from(error).message }, "could not take or renew the lease");
      return false;
    }
  }

  #mayTake(lease: V1Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? "";
    if (holder === "" || holder === this.#options.identity) return true;
    const nowMs = this.#options.clock.monotonicMs();
    const record = `${holder} ${lease.spec?.renewTime}`;
    if (this.#observed?.record !== record) this.#observed = { record, atMs: nowMs };
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return nowMs - this.#observed.atMs > durationMs;
  }

  #record(current: V1Lease | undefined): V1Lease {
    const { namespace, name, identity } = this.#options;
    const isSame = current?.spec?.holderIdentity === identity;
    const now = this.#now();
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: current?.metadata ?? { namespace, name },
      spec: {
        ...current?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#timings.leaseDurationMs / 1000),
        acquireTime: isSame ? current?.spec?.acquireTime : now,
        renewTime: now,
        leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + (current && !isSame ? 1 : 0),
      },
    };
  }

  /** metav1.MicroTime. */
  #now(): string {
    return new Date(this.#options.clock.nowMs()).toISOString().replace("Z", "000Z");
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.clock, this.#timings.retryPeriodMs, signal).catch(() => {});
  }
}
