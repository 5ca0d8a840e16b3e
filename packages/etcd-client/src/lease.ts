import type { GrpcClient } from "@drydock/http2";
import { LeaseService } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { status } from "@grpc/grpc-js";
import { REQUIRE_LEADER, toEtcdError } from "./caller.ts";
import type { EndpointPool } from "./endpoint-pool.ts";
import { EtcdError } from "./errors.ts";

const ANSWER_TIMEOUT_MS = 3000;

/** Renews the lease now; resolves with the seconds it lives on, 0 if it is gone. */
export async function keepAliveOnce(pool: EndpointPool, id: string, deadlineMs: number): Promise<number> {
  for (;;) {
    const endpoint = await pool.acquire(deadlineMs);
    try {
      return await renew(endpoint.client, id);
    } catch (cause) {
      pool.failed(endpoint);
      if (Date.now() >= deadlineMs) throw toEtcdError(cause);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Renews every third of the lease's time until aborted. Rejects with NOT_FOUND once the lease is gone. */
export async function keepAlive(pool: EndpointPool, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const ttlSeconds = await keepAliveOnce(pool, id, Date.now() + 60_000);
    if (ttlSeconds <= 0) throw new EtcdError(status.NOT_FOUND, "etcdserver: requested lease not found");
    await pause((ttlSeconds * 1000) / 3, signal);
  }
}

function renew(client: GrpcClient, id: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { metadata: REQUIRE_LEADER, timeoutMs: ANSWER_TIMEOUT_MS };
    const stream = client.stream(LeaseService.leaseKeepAlive, options, {
      onMessage({ TTL }) {
        resolve(TTL);
        stream.cancel();
      },
      onEnd: (error) => reject(error ?? new EtcdError(status.UNAVAILABLE, "etcd client: the keep-alive stream ended")),
    });
    stream.write({ ID: id });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
  });
}
