import { connect, createServer, type Server, type Socket } from "node:net";
import { ownerOfPort } from "./socket-owner.ts";

/** What a link does to the bytes on their way from one member to another. */
export interface LinkFault {
  /** Nothing arrives any more; the connection stands. */
  readonly isCut: boolean;
  readonly delayMs: number;
}

const SOUND: LinkFault = { isCut: false, delayMs: 0 };

interface Connection {
  readonly from: number;
  readonly to: number;
  destroy(): void;
}

/**
 * Stands between the members' peer ports, so that each direction of each link can be cut and delayed by itself: what a member sends goes
 * over the connections it has opened.
 */
export class PeerProxies {
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #faults = new Map<string, LinkFault>();
  /** Process ids by member: tell who has connected. */
  readonly #pids: () => readonly (number | undefined)[];

  constructor(pids: () => readonly (number | undefined)[]) {
    this.#pids = pids;
  }

  /** A way to this member; returns its URL. */
  async open(to: number, target: string): Promise<string> {
    const { port, protocol } = new URL(target);
    const server = createServer((socket) => this.#accept(socket, to, Number(port)));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `${protocol}//127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  set(from: number, to: number, fault: Partial<LinkFault>): void {
    this.#faults.set(`${from}>${to}`, { ...SOUND, ...fault });
  }

  /** What was held back on a cut link is lost with its connection. */
  heal(): void {
    for (const connection of this.#connections)
      if (this.#fault(connection.from, connection.to).isCut) connection.destroy();
    this.#faults.clear();
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #fault(from: number, to: number): LinkFault {
    return this.#faults.get(`${from}>${to}`) ?? SOUND;
  }

  #accept(incoming: Socket, to: number, port: number): void {
    const pids = this.#pids();
    const owner = ownerOfPort(
      incoming.remotePort ?? 0,
      pids.filter((pid) => pid !== undefined),
    );
    const from = owner === undefined ? -1 : pids.indexOf(owner);
    const outgoing = connect(port, "127.0.0.1");
    const connection: Connection = {
      from,
      to,
      destroy: () => {
        incoming.destroy();
        outgoing.destroy();
      },
    };
    this.#connections.add(connection);
    for (const socket of [incoming, outgoing]) {
      socket.setNoDelay(true);
      socket.on("error", connection.destroy);
      socket.on("close", () => {
        this.#connections.delete(connection);
        connection.destroy();
      });
    }
    incoming.on("data", (bytes) => this.#carry(connection, bytes, outgoing));
    outgoing.on("data", (bytes) => incoming.write(bytes));
  }

  #carry({ from, to }: Connection, bytes: Buffer, outgoing: Socket): void {
    const { isCut, delayMs } = this.#fault(from, to);
    if (isCut) return;
    if (delayMs === 0) outgoing.write(bytes);
    else setTimeout(() => outgoing.writable && outgoing.write(bytes), delayMs);
  }
}
