import { type GrpcCall, GrpcClient, openConnection } from "@drydock/http2";
import { PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import type { NodeId } from "@drydock/raft";
import type { PeerTls } from "./peer-credentials.ts";
import { MEMBER_ID_KEY } from "./peer-service.ts";

export interface MessageStreamOptions {
  /** `host:port` of the peer. */
  readonly address: string;
  readonly tls: PeerTls | undefined;
  /** Who this member is. */
  readonly self: NodeId;
  /** The peer has taken the stream. */
  onBegun(): void;
  /** Every few seconds: how long the peer took to answer. */
  onRoundTrip(ms: number): void;
  /** Once, always, last; at once when the connection breaks. `details` are the peer's own words, if it said any. */
  onEnd(details: string): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** etcd's prober's. */
const PROBE_MS = 4_000;
const LIMITS = { keepAliveMs: 2_000, keepAliveTimeoutMs: 2_000, keepsIdleAlive: true };

/** One stream of messages to one peer, over a connection of its own. Names are resolved anew for each. */
export class MessageStream {
  readonly #options: MessageStreamOptions;
  readonly #abandoned = new AbortController();
  #call: GrpcCall | undefined;
  #probes: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: MessageStreamOptions) {
    this.#options = options;
    this.#open().catch((error: Error) => this.#end(error.message));
  }

  /** Octets written that the kernel has not taken. */
  get waitingOctets(): number {
    return this.#call?.waitingOctets ?? 0;
  }

  /** In order; what is written before the stream stands is lost. */
  write(frame: Buffer): void {
    this.#call?.write(frame);
  }

  /** Hands all that was written to the kernel before it returns. */
  flush(): void {
    this.#call?.flush();
  }

  close(): void {
    this.#isOver = true;
    clearInterval(this.#probes);
    this.#abandoned.abort();
    this.#call?.cancel();
  }

  async #open(): Promise<void> {
    const { address, tls, self, onBegun, onRoundTrip } = this.#options;
    const connection = await openConnection({
      ...parseAddress(address, tls ? 443 : 80),
      tls,
      limits: LIMITS,
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal: this.#abandoned.signal,
    });
    if (this.#isOver) return connection.destroy();
    const client = new GrpcClient(connection, { authority: address });
    this.#call = client.call(
      PeerService.stream.path,
      { metadata: { [MEMBER_ID_KEY]: self } },
      {
        onMetadata: onBegun,
        onMessage: () => {},
        onEnd: (error) => this.#end(error?.details ?? "ended by the peer"),
      },
    );
    this.#probes = setInterval(
      () => connection.pings.send((error, ms) => (error ? undefined : onRoundTrip(ms))),
      PROBE_MS,
    ).unref();
    // The stream is all there is to it: with it the connection ends.
    connection.close();
  }

  #end(details: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#probes);
    this.#options.onEnd(details);
  }
}

function parseAddress(address: string, defaultPort: number): { host: string; port: number } {
  const match = /^(.*):(\d+)$/.exec(address);
  return { host: (match?.[1] ?? address).replace(/^\[|\]$/g, ""), port: Number(match?.[2] ?? defaultPort) };
}
