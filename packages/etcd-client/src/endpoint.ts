import { type ClientConnection, GrpcClient, GrpcError, GrpcStatus, openConnection } from "@drydock/http2";

/** PEM bytes; `cert` and `key` only when the store asks for client certificates. */
export interface EtcdTls {
  readonly ca: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
}

const CONNECT_TIMEOUT_MS = 5000;
const LIMITS = {
  // Not below 10 s: etcd counts more frequent pings as abuse.
  keepAliveMs: 10_000,
  keepAliveTimeoutMs: 3000,
  /** Watches that nobody reads must not hold up the calls beside them. */
  connectionWindow: 1 << 30,
};

/** One member, over one connection at a time, which is made anew when it is wanted. */
export class Endpoint {
  /** As given: `https://host:port`, `http://host:port` or `host:port`. */
  readonly url: string;
  readonly #address: Address;
  readonly #tls: EtcdTls | undefined;
  readonly #closing = new AbortController();
  #client: GrpcClient | undefined;
  #connecting: Promise<boolean> | undefined;

  constructor(url: string, tls: EtcdTls | undefined) {
    this.url = url;
    this.#address = parseEndpoint(url);
    if (this.#address.scheme === "https" && !tls) throw new Error(`etcd client: ${url} needs TLS files`);
    this.#tls = this.#address.scheme === "http" ? undefined : tls;
  }

  get isConnected(): boolean {
    return this.#client?.connection.isOpen === true;
  }

  /** Throws UNAVAILABLE when there is no connection. */
  get client(): GrpcClient {
    if (this.#client && this.isConnected) return this.#client;
    throw new GrpcError(GrpcStatus.UNAVAILABLE, `no connection to ${this.url}`, { isUnprocessed: true });
  }

  /** True once connected; false as soon as the attempt has failed, or at `deadlineMs` (epoch ms). An attempt goes on beyond that. */
  async connect(deadlineMs: number): Promise<boolean> {
    if (this.isConnected) return true;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(late.resolve, Math.max(0, deadlineMs - Date.now()), false);
    try {
      return await Promise.race([this.#connecting, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#client?.connection.destroy("Channel has been shut down");
  }

  async #open(): Promise<boolean> {
    try {
      this.#client = new GrpcClient(await this.#openConnection(), { authority: this.#address.authority });
      return true;
    } catch {
      return false;
    }
  }

  async #openConnection(): Promise<ClientConnection> {
    const { host, port } = this.#address;
    const tls = this.#tls && withBuffers(this.#tls);
    const { signal } = this.#closing;
    const options = { limits: LIMITS, repeatedFields: ["hasleader"], timeoutMs: CONNECT_TIMEOUT_MS, signal };
    const connection = await openConnection({ host, port, tls, ...options });
    if (signal.aborted) connection.destroy();
    return connection;
  }
}

interface Address {
  readonly scheme: string | undefined;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
}

function parseEndpoint(url: string): Address {
  const match = /^(?:(https?):\/\/)?((.+?)(?::(\d+))?)\/?$/.exec(url);
  if (!match || match[3]?.includes("/")) throw new Error(`etcd client: not an endpoint: ${url}`);
  const [, scheme, authority = "", host = "", port] = match;
  return { scheme, authority, host: host.replace(/^\[|\]$/g, ""), port: Number(port ?? 443) };
}

function withBuffers({ ca, cert, key }: EtcdTls) {
  return { ca: asBuffer(ca), ...(cert && { cert: asBuffer(cert) }), ...(key && { key: asBuffer(key) }) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
