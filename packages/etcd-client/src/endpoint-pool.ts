import { status } from "@grpc/grpc-js";
import { Endpoint, type EtcdTls } from "./endpoint.ts";
import { EtcdError } from "./errors.ts";

/** How long one endpoint may take to connect before the next one is tried. */
const CONNECT_TIMEOUT_MS = 1000;

/** The members of one cluster. Stays with one until it fails, then goes round. */
export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];
  #current = 0;
  #isClosed = false;

  constructor(urls: readonly string[], tls: EtcdTls | undefined) {
    if (urls.length === 0) throw new Error("etcd client: no endpoints");
    this.#endpoints = urls.map((url) => new Endpoint(url, tls));
  }

  /** A connected endpoint: nothing is ever sent into the void. Throws UNAVAILABLE when none connects before `deadlineMs` (epoch ms). */
  async acquire(deadlineMs: number): Promise<Endpoint> {
    for (let tries = 0; ; tries++) {
      if (this.#isClosed) throw new EtcdError(status.CANCELLED, "etcd client: closed");
      const endpoint = this.#endpoints[this.#current] as Endpoint;
      if (endpoint.isConnected) return endpoint;
      const now = Date.now();
      if (now >= deadlineMs && tries >= this.#endpoints.length) {
        throw new EtcdError(
          status.UNAVAILABLE,
          `etcd client: the store is unavailable: no endpoint of ${this.#describe()} can be reached`,
        );
      }
      if (await endpoint.connect(Math.min(Math.max(deadlineMs, now + 50), now + CONNECT_TIMEOUT_MS))) return endpoint;
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
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  #describe(): string {
    return this.#endpoints.map(({ url }) => url).join(", ");
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
