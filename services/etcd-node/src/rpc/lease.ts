import { type Lease, type LeaseCheckpoint, LeaseCheckpoints } from "@drydock/mvcc";
import type { PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import type {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseServer,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE, type Term } from "@drydock/raft";
import { Metadata, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Caller } from "../auth/access.ts";
import { rootRequester } from "../auth/auth-store.ts";
import { failpoint } from "../driver/failpoints.ts";
import { header, type RpcContext, refuseOnLearner, unary } from "./context.ts";
import { errors, RpcError, toServiceError } from "./errors.ts";
import type { Quota } from "./quota.ts";

/** etcd's bound: nine billion seconds. */
const MAX_TTL_SECONDS = 9_000_000_000;
const FORWARD_TIMEOUT_MS = 3_000;
const EXPIRY_CHECK_MS = 500;
const EXPIRE_AT_ONCE = 100;
/** etcd's: how often the time that long leases have left goes through the log, and how many of them at once. */
const CHECKPOINT_INTERVAL_MS = 5 * 60 * 1000;
const CHECKPOINT_AT_ONCE = 1000;

/** Leases: granted and revoked through the log, kept alive at the leader, which alone knows the time they have left. */
export class LeaseRpc {
  readonly #context: RpcContext;
  readonly #quota: Quota;
  readonly #peer: (id: string) => PeerClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #expiring = new Set<string>();
  readonly #checkpoints = new LeaseCheckpoints({ intervalMs: CHECKPOINT_INTERVAL_MS, limit: CHECKPOINT_AT_ONCE });

  /** As etcd: no lease may end before a new leader could have been elected. */
  readonly #minTtlSeconds: number;

  constructor(
    context: RpcContext,
    quota: Quota,
    peer: (id: string) => PeerClient | undefined,
    electionTimeoutMs: number,
  ) {
    this.#context = context;
    this.#quota = quota;
    this.#peer = peer;
    this.#minTtlSeconds = Math.ceil((1.5 * electionTimeoutMs) / 1000);
  }

  service(): LeaseServer {
    const { driver, access } = this.#context;
    return {
      leaseGrant: unary(this.#context, async (request, call) => {
        await access.user(call);
        refuseOnLearner(this.#context);
        this.#quota.check(0);
        if (request.TTL > MAX_TTL_SECONDS) throw errors.leaseTtlTooLarge();
        const granted = {
          TTL: Math.max(this.#minTtlSeconds, request.TTL),
          ID: request.ID === "0" ? newLeaseId() : request.ID,
        };
        await driver.propose({ $case: "leaseGrant", value: granted });
        return { header: header(this.#context), ...granted, error: "" };
      }),
      leaseRevoke: unary(this.#context, async (request, call) => {
        await access.user(call);
        const command = { $case: "leaseRevoke", value: request } as const;
        await driver.propose(command, await access.command(call, command));
        return { header: header(this.#context) };
      }),
      leaseTimeToLive: unary(this.#context, async (request, call) => {
        await access.user(call);
        if (request.keys) await this.#permitKeys(call, request.ID);
        const answer = await this.#atLeader(
          () => this.timeToLiveHere(request),
          (peer) => callTimeToLive(peer, request),
        );
        return { ...answer, header: header(this.#context) };
      }),
      leaseLeases: unary(this.#context, async (_, call) => {
        await access.admin(call);
        await driver.linearize();
        const all = [...driver.state.machine.lessor.leases].sort(whoEndsFirst);
        const leases = all.map(({ id }) => ({ ID: id }));
        return { header: header(this.#context), leases };
      }),
      leaseKeepAlive: (call) => this.#keepAlive(call),
    };
  }

  /** Lets expired leases go, while this member leads. */
  start(): void {
    this.#timer = setInterval(() => {
      if (!this.#context.driver.isLeader) return;
      this.#revokeExpired().catch((error: unknown) => {
        if (!(error instanceof RpcError)) throw error;
      });
    }, EXPIRY_CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async renewHere(request: LeaseKeepAliveRequest): Promise<LeaseKeepAliveResponse> {
    const { driver, clock } = this.#context;
    // Who leads no more without knowing it must not promise what the next leader will not keep.
    const term = await driver.ensureLeading();
    const { lessor } = driver.state.machine;
    const ttl =
      failpoint("lease-renew") === "skip"
        ? lessor.get(request.ID)?.ttlSeconds
        : lessor.renew(request.ID, clock.monotonicMs());
    const takenBack = ttl === undefined ? undefined : this.#checkpoints.takenBack(lessor, request.ID);
    if (takenBack) await this.#checkpoint([takenBack], term);
    // etcd answers a lease that is gone with a TTL of zero, not with an error.
    return { header: header(this.#context), ID: request.ID, TTL: ttl ?? 0 };
  }

  async timeToLiveHere(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
    const { driver, clock } = this.#context;
    if (!driver.isLeader) throw errors.notLeader();
    await driver.linearize();
    const { lessor } = driver.state.machine;
    const lease = lessor.get(request.ID);
    if (!lease) return { header: header(this.#context), ID: request.ID, TTL: -1, grantedTTL: 0, keys: [] };
    const keys = request.keys ? [...lease.keys].map((key) => Buffer.from(key, "latin1")) : [];
    const TTL = lessor.remainingSeconds(lease, clock.monotonicMs());
    return { header: header(this.#context), ID: request.ID, TTL, grantedTTL: lease.ttlSeconds, keys };
  }

  /** The names of keys are told only to those who may read all of them. */
  async #permitKeys(call: Caller, id: string): Promise<void> {
    const { driver, access } = this.#context;
    if (!driver.state.machine.auth.isEnabled) return;
    await driver.linearize();
    for (const key of driver.state.machine.lessor.get(id)?.keys ?? []) await access.read(call, { key });
  }

  #keepAlive(call: ServerDuplexStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>): void {
    call.on("data", (request: LeaseKeepAliveRequest) => {
      this.#renew(call, request).then(
        (response) => call.write({ ...response, header: header(this.#context) }),
        (error: unknown) => call.emit("error", toServiceError(error)),
      );
    });
    call.on("end", () => call.end());
    call.on("error", () => {});
  }

  async #renew(call: Caller, request: LeaseKeepAliveRequest): Promise<LeaseKeepAliveResponse> {
    if (!this.#context.access.isOpen) await this.#context.access.user(call);
    return this.#atLeader(
      () => this.renewHere(request),
      (peer) => callRenew(peer, request),
    );
  }

  async #atLeader<T>(here: () => Promise<T>, there: (peer: PeerClient) => Promise<T>): Promise<T> {
    const { driver } = this.#context;
    if (driver.isLeader) return here();
    const { leader } = driver.soft;
    const peer = leader === NONE ? undefined : this.#peer(leader);
    if (!peer) throw errors.noLeader();
    return there(peer);
  }

  #checkpoint(checkpoints: LeaseCheckpoint[], term: Term): Promise<unknown> {
    return this.#context.driver.propose({ $case: "leaseCheckpoint", value: { checkpoints } }, undefined, term);
  }

  /** What a leader finds expired has expired only while it leads: the next one gives every lease its time again. */
  async #revokeExpired(): Promise<void> {
    const { driver, clock, logger } = this.#context;
    const term = await driver.ensureLeading();
    const due = this.#checkpoints.begin(driver.state.machine.lessor, clock.monotonicMs());
    if (due.length > 0)
      this.#checkpoint(due, term).then(
        () => this.#checkpoints.applied(due),
        () => {},
      );
    for (const id of driver.state.machine.lessor.expired(clock.monotonicMs(), EXPIRE_AT_ONCE)) {
      if (this.#expiring.has(id)) continue;
      this.#expiring.add(id);
      driver
        .propose({ $case: "leaseRevoke", value: { ID: id } }, rootRequester(driver.state.machine.auth), term)
        .catch((error: unknown) => {
          if (!(error instanceof RpcError)) logger.warn({ lease: id, err: String(error) }, "expired lease not revoked");
        })
        .finally(() => this.#expiring.delete(id));
    }
  }
}

/** Of members that do not lead, which cannot tell: as they are kept. */
function whoEndsFirst(a: Lease, b: Lease): number {
  return a.expiresAtMs === b.expiresAtMs ? 0 : a.expiresAtMs - b.expiresAtMs;
}

function callRenew(peer: PeerClient, request: LeaseKeepAliveRequest): Promise<LeaseKeepAliveResponse> {
  return new Promise((resolve, reject) => {
    peer.renewLease(request, new Metadata(), deadline(), (error, response) =>
      error ? reject(new RpcError(error.code, error.details)) : resolve(response),
    );
  });
}

function callTimeToLive(peer: PeerClient, request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
  return new Promise((resolve, reject) => {
    peer.leaseTimeToLive(request, new Metadata(), deadline(), (error, response) =>
      error ? reject(new RpcError(error.code, error.details)) : resolve(response),
    );
  });
}

function deadline() {
  return { deadline: Date.now() + FORWARD_TIMEOUT_MS };
}

/** Positive and of 63 bits, like etcd's. */
function newLeaseId(): string {
  const high = BigInt(Math.floor(Math.random() * 2 ** 31));
  const low = BigInt(Math.floor(Math.random() * 2 ** 32));
  return String((high << 32n) | low || 1n);
}
