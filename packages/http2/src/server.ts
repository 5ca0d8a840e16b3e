import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Http2Connection } from "./connection.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { readInPlace } from "./read-in-place.ts";

const SWEEP_MS = 1000;

/**
 * Makes HTTP/2 connections of sockets that somebody else has accepted. Emits what node:http2's server emits: `session` for each connection,
 * `stream` (stream, headers) for each request.
 */
export class Http2Server extends EventEmitter {
  readonly connections = new Set<Http2Connection>();
  readonly #limits: Limits;
  readonly #sweeper: NodeJS.Timeout;

  constructor(limits: Partial<Limits> = {}) {
    super();
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    // If this process stood still, what came meanwhile lies in the kernel: it is read before the verdict.
    this.#sweeper = setInterval(() => setImmediate(() => this.#sweep()), SWEEP_MS).unref();
  }

  /** `head` is what was already read of the socket, which must not be used any more: the connection's takes its place. */
  accept(accepted: Socket, head?: Buffer): Http2Connection {
    const socket = readInPlace(accepted, (chunk) => connection.receive(chunk));
    const connection = new Http2Connection(socket, this.#limits, (stream, headers) =>
      this.emit("stream", stream, headers),
    );
    this.connections.add(connection);
    connection.once("close", () => this.connections.delete(connection));
    this.emit("session", connection);
    if (head && head.length > 0) connection.receive(head);
    if (!connection.destroyed) socket.resume();
    return connection;
  }

  /** Lets every connection end in peace; those that have not after `graceMs` are destroyed. Resolves when none is left. */
  async close(graceMs: number): Promise<void> {
    const closing = [...this.connections].map(
      (connection) => new Promise<void>((resolve) => connection.close(resolve)),
    );
    const timer = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, graceMs);
    await Promise.all(closing);
    clearTimeout(timer);
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    const now = Date.now();
    for (const connection of this.connections) connection.sweep(now);
  }
}
