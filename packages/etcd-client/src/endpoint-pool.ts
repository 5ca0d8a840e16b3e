import {
  ClusterClient,
  KVClient,
  LeaseClient,
  MaintenanceClient,
  WatchClient,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Channel, ChannelCredentials, connectivityState, status } from "@grpc/grpc-js";
import { EtcdError } from "./errors.ts";

/** PEM bytes; `cert` and `key` only when the store asks for client certificates. */
export interface EtcdTls {
  readonly ca: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

/** One member, and the services it offers over one connection. */
export interface Endpoint {
  /** As given: `https://host:port`, `http://host:port` or `host:port`. */
  readonly url: string;
  readonly channel: Channel;
  readonly kv: KVClient;
  readonly watch: WatchClient;
  readonly lease: LeaseClient;
  readonly cluster: ClusterClient;
  readonly maintenance: MaintenanceClient;
}

/** How long one endpoint may take to connect before the next one is tried. */
const CONNECT_TIMEOUT_MS = 1000;

/** The members of one cluster. Stays with one until it fails, then goes round. */
export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];
  #current = 0;
  #isClosed = false;

  constructor(urls: readonly string[], tls: EtcdTls | undefined) {
    if (urls.length === 0) throw new Error("etcd client: no endpoints");
    this.#endpoints = urls.map((url) => createEndpoint(url, tls));
  }

  /** A connected endpoint: nothing is ever sent into the void. Throws UNAVAILABLE when none connects before `deadlineMs` (epoch ms). */
  async acquire(deadlineMs: number): Promise<Endpoint> {
    for (let tries = 0; ; tries++) {
      if (this.#isClosed) throw new EtcdError(status.CANCELLED, "etcd client: closed");
      const endpoint = this.#endpoints[this.#current] as Endpoint;
      if (endpoint.channel.getConnectivityState(true) === connectivityState.READY) return endpoint;
      const now = Date.now();
      if (now >= deadlineMs && tries >= this.#endpoints.length) {
        throw new EtcdError(
          status.UNAVAILABLE,
          `etcd client: the store is unavailable: no endpoint of ${this.#describe()} can be reached`,
        );
      }
      if (await this.#connects(endpoint, Math.min(Math.max(deadlineMs, now + 50), now + CONNECT_TIMEOUT_MS)))
        return endpoint;
      this.failed(endpoint);
      if (tries % this.#endpoints.length === this.#endpoints.length - 1) await pause(50);
    }
  }

  /** The next `acquire` starts elsewhere. */
  failed(endpoint: Endpoint): void {
    if (this.#endpoints[this.#current] === endpoint) this.#current = (this.#current + 1) % this.#endpoints.length;
  }

  /** The endpoint of this url, connected or not. */
  find(url: string): Endpoint {
    const endpoint = this.#endpoints.find((candidate) => candidate.url === url);
    if (!endpoint) throw new Error(`etcd client: ${url} is not one of ${this.#describe()}`);
    return endpoint;
  }

  close(): void {
    this.#isClosed = true;
    for (const { channel } of this.#endpoints) channel.close();
  }

  #describe(): string {
    return this.#endpoints.map(({ url }) => url).join(", ");
  }

  /** Resolves early when the attempt fails, so that a dead endpoint costs no waiting. */
  #connects({ channel }: Endpoint, deadlineMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const look = () => {
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) return resolve(true);
        if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN)
          return resolve(false);
        channel.watchConnectivityState(state, deadlineMs, (error) => (error ? resolve(false) : look()));
      };
      look();
    });
  }
}

function createEndpoint(url: string, tls: EtcdTls | undefined): Endpoint {
  const { address, isPlain } = parseEndpoint(url, tls);
  const credentials =
    isPlain || !tls
      ? ChannelCredentials.createInsecure()
      : ChannelCredentials.createSsl(
          asBuffer(tls.ca),
          tls.key ? asBuffer(tls.key) : null,
          tls.cert ? asBuffer(tls.cert) : null,
        );
  const options = {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    // Not below 10 s: etcd counts more frequent pings as abuse.
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 3_000,
    "grpc.keepalive_permit_without_calls": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    // A restarted member may come back under another address.
    "grpc.dns_min_time_between_resolutions_ms": 500,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
  };
  const channel = new Channel(address, credentials, options);
  const shared = { channelOverride: channel };
  return {
    url,
    channel,
    kv: new KVClient(address, credentials, shared),
    watch: new WatchClient(address, credentials, shared),
    lease: new LeaseClient(address, credentials, shared),
    cluster: new ClusterClient(address, credentials, shared),
    maintenance: new MaintenanceClient(address, credentials, shared),
  };
}

function parseEndpoint(url: string, tls: EtcdTls | undefined): { address: string; isPlain: boolean } {
  const match = /^(?:(https?):\/\/)?([^/]+)\/?$/.exec(url);
  if (!match) throw new Error(`etcd client: not an endpoint: ${url}`);
  if (match[1] === "https" && !tls) throw new Error(`etcd client: ${url} needs TLS files`);
  return { address: match[2] as string, isPlain: match[1] === "http" };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
