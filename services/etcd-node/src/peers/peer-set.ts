import type { Logger } from "@drydock/component";
import type { PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import type { Message, NodeId, SnapshotRequest } from "@drydock/raft";
import type { MemberRecord } from "../cluster/members.ts";
import type { Transport } from "../driver/driver.ts";
import { PeerConnection } from "./peer-client.ts";
import type { PeerTls } from "./peer-credentials.ts";
import { PeerTraffic } from "./peer-traffic.ts";

export interface PeerSetEvents {
  onLost(id: NodeId): void;
  /** A peer says that this member no longer belongs to the cluster. */
  onRemoved(): void;
}

/** The connections to all other members, kept as the membership changes. */
export class PeerSet implements Transport {
  readonly #self: NodeId;
  readonly #tls: () => PeerTls;
  readonly #events: PeerSetEvents;
  readonly #logger: Logger;
  readonly #peers = new Map<NodeId, { url: string; connection: PeerConnection }>();
  /** Of whoever was ever a peer: what is counted does not go back. */
  readonly #traffic = new Map<NodeId, PeerTraffic>();

  constructor(self: NodeId, tls: () => PeerTls, events: PeerSetEvents, logger: Logger) {
    this.#self = self;
    this.#tls = tls;
    this.#events = events;
    this.#logger = logger;
  }

  /** Connects to whoever is new or has moved, lets go of whoever has left. */
  update(members: readonly MemberRecord[]): void {
    const wanted = new Map(members.filter(({ id }) => id !== this.#self).map((member) => [member.id, member]));
    for (const [id, { url, connection }] of this.#peers) {
      if (wanted.get(id)?.peerUrls.includes(url)) continue;
      connection.close();
      this.#peers.delete(id);
    }
    for (const [id, member] of wanted) {
      const url = member.peerUrls[0];
      if (!this.#peers.has(id) && url) this.#connect(id, url);
    }
  }

  rpc(id: NodeId): PeerClient | undefined {
    return this.#peers.get(id)?.connection.rpc;
  }

  get all(): readonly { readonly id: NodeId; readonly isActive: boolean }[] {
    return [...this.#peers].map(([id, { connection }]) => ({ id, isActive: connection.isHealthy }));
  }

  /** What went between this member and each other one, those that have left included. */
  get traffic(): ReadonlyMap<NodeId, PeerTraffic> {
    return this.#traffic;
  }

  /** Called for what a peer sent. */
  received(from: NodeId, bytes: number): void {
    this.#trafficWith(from).receivedBytes += bytes;
  }

  /** How many of these members (others than this one) are connected. */
  connected(ids: readonly NodeId[]): number {
    return ids.filter((id) => this.#peers.get(id)?.connection.isHealthy).length;
  }

  send(to: NodeId, messages: readonly Message[]): void {
    this.#peers.get(to)?.connection.send(messages);
  }

  flush(): void {
    for (const { connection } of this.#peers.values()) connection.flush();
  }

  async sendSnapshot(message: SnapshotRequest, records: Iterable<{ key: Buffer; value: Buffer }>): Promise<void> {
    const peer = this.#peers.get(message.to);
    if (!peer) throw new Error("no such peer");
    await peer.connection.sendSnapshot(message, records);
  }

  close(): void {
    for (const { connection } of this.#peers.values()) connection.close();
    this.#peers.clear();
  }

  #connect(id: NodeId, url: string): void {
    const traffic = this.#trafficWith(id);
    const events = { traffic, onLost: () => this.#events.onLost(id), onRemoved: () => this.#events.onRemoved() };
    const connection = new PeerConnection(url, this.#tls, { self: this.#self, ...events }, this.#logger);
    this.#peers.set(id, { url, connection });
  }

  #trafficWith(id: NodeId): PeerTraffic {
    const traffic = this.#traffic.get(id) ?? new PeerTraffic();
    this.#traffic.set(id, traffic);
    return traffic;
  }
}
