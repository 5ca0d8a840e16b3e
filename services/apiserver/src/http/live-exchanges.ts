import type { ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Exchange } from "./exchange.ts";

const LOOK_MS = 20;

/** What a server is at work on, so that it can end without breaking it off. */
export class LiveExchanges {
  readonly #sockets = new Set<TLSSocket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #exchanges = new Set<Exchange>();
  #isDraining = false;

  addSocket(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
  }

  async run(exchange: Exchange, work: () => Promise<void>): Promise<void> {
    this.#exchanges.add(exchange);
    if (this.#isDraining) this.#askToLeave(exchange);
    try {
      await work();
    } finally {
      this.#exchanges.delete(exchange);
    }
  }

  /**
   * Ends what lasts, lets the rest finish, and tells clients to go elsewhere; breaks off what is left after `graceMs`. Nothing new may
   * be accepted any more.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const deadlineMs = performance.now() + graceMs;
    for (const session of this.#sessions) session.close();
    for (const exchange of this.#exchanges) this.#askToLeave(exchange);
    while (this.#sockets.size > 0 && performance.now() < deadlineMs) {
      this.#closeIdle();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  #askToLeave(exchange: Exchange): void {
    if (exchange.isLongRunning) exchange.abort.abort(new DOMException("the server is shutting down", "AbortError"));
    const { response } = exchange;
    if (!("stream" in response) && !response.headersSent) response.setHeader("Connection", "close");
  }

  /** Connections of HTTP/1.1 that wait for the next request; those of h2 end with their sessions. */
  #closeIdle(): void {
    const busy = new Set([...this.#exchanges].map(({ tlsSocket }) => tlsSocket));
    for (const socket of this.#sockets) if (socket.alpnProtocol !== "h2" && !busy.has(socket)) socket.destroySoon();
  }
}
