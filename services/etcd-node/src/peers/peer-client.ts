import type { Logger } from "@drydock/component";
import { PeerClient as GrpcPeer, type SnapshotChunk } from "@drydock/proto/drydock/raft/v1/raft";
import type { Message, NodeId } from "@drydock/raft";
import { connectivityState } from "@grpc/grpc-js";
import { pack } from "msgpackr";
import { encodeFrame } from "./message-codec.ts";
import { MessageStream } from "./message-stream.ts";
import { type PeerTls, peerCredentials, tlsFor } from "./peer-credentials.ts";
import { REMOVED_TEXT } from "./peer-service.ts";
import type { PeerTraffic } from "./peer-traffic.ts";

export interface PeerEvents {
  /** Who this member is. */
  readonly self: NodeId;
  /** What goes to the peer is counted here. */
  readonly traffic: PeerTraffic;
  /** The stream to this peer broke (it may be dead). */
  onLost(): void;
  /** The peer says that this member was removed from the cluster. */
  onRemoved(): void;
}

/** More than this waiting to be written: the peer is slow or gone, and raft sends again what is dropped. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;
const RECONNECT_MS = 100;
const NO_ROOM = Buffer.alloc(0);
const ROOM_BYTES_MAX = 2 * 1024 * 1024;

const CHANNEL_OPTIONS = {
  "grpc.keepalive_time_ms": 2_000,
  "grpc.keepalive_timeout_ms": 2_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.enable_channelz": 0,
  // A name may lead to another address after a restart.
  "grpc.dns_min_time_between_resolutions_ms": 500,
};

/** The way to one other member: one ordered stream for messages, and calls for the rest. Reconnects by itself; resolves names anew each time. */
export class PeerConnection {
  readonly #url: string;
  #rpc: GrpcPeer;
  readonly #address: string;
  readonly #tls: () => PeerTls;
  /** As it was at the last connection. */
  #inUse: PeerTls;
  readonly #events: PeerEvents;
  readonly #logger: Logger;
  #stream: MessageStream | undefined;
  /** Frames are made in the same memory each time. */
  #room: Buffer = NO_ROOM;
  #isClosed = false;
  #isHealthy = false;
  #reconnect: NodeJS.Timeout | undefined;

  constructor(url: string, tls: () => PeerTls, events: PeerEvents, logger: Logger) {
    this.#url = url;
    this.#address = new URL(url).host;
    this.#tls = tls;
    this.#inUse = tls();
    this.#events = events;
    this.#logger = logger;
    this.#rpc = new GrpcPeer(this.#address, peerCredentials(url, this.#inUse), CHANNEL_OPTIONS);
    this.#connect();
  }

  get rpc(): GrpcPeer {
    const isFailing = this.#rpc.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE;
    if (isFailing) this.#refreshTls();
    return this.#rpc;
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  send(messages: readonly Message[]): void {
    const stream = this.#stream;
    const waiting = stream?.waitingOctets ?? 0;
    if (!stream || waiting > MAX_BUFFERED_BYTES) return;
    // What the kernel has not taken yet must stay as it is.
    const frame = encodeFrame(messages, waiting === 0 ? this.#room : NO_ROOM);
    if (frame.length > this.#room.length && frame.length <= ROOM_BYTES_MAX) this.#room = frame;
    this.#events.traffic.sentBytes += frame.length;
    stream.write(frame);
  }

  /** Hands what was sent to the kernel before it returns. */
  flush(): void {
    this.#stream?.flush();
  }

  /** Sends a whole state; resolves when the peer has it, rejects when it does not. */
  async sendSnapshot(message: Message, records: Iterable<{ key: Buffer; value: Buffer }>): Promise<void> {
    const { snapshots } = this.#events.traffic;
    snapshots.underWay++;
    try {
      await this.#sendRecords(message, records);
      snapshots.sent++;
    } catch (error) {
      snapshots.failed++;
      throw error;
    } finally {
      snapshots.underWay--;
    }
  }

  async #sendRecords(message: Message, records: Iterable<{ key: Buffer; value: Buffer }>): Promise<void> {
    const accepted = Promise.withResolvers<void>();
    const call = this.rpc.installSnapshot((error, ack) => {
      if (error) accepted.reject(error);
      else if (ack?.accepted) accepted.resolve();
      else accepted.reject(new Error("the peer refused the snapshot"));
    });
    accepted.promise.catch(() => {});
    const write = async (chunk: SnapshotChunk) => {
      if (!call.write(chunk))
        await Promise.race([new Promise((resolve) => call.once("drain", resolve)), accepted.promise]);
    };
    await write({ start: { message: pack(message) }, records: [] });
    for (const batch of batches(records)) await write({ start: undefined, records: batch });
    call.end();
    await accepted.promise;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#reconnect);
    this.#stream?.close();
    this.#rpc.close();
  }

  /** Certificates may have been changed since: who connects shows those that are there now. */
  #refreshTls(): void {
    const tls = this.#tls();
    if (tls === this.#inUse) return;
    this.#inUse = tls;
    this.#rpc.close();
    this.#rpc = new GrpcPeer(this.#address, peerCredentials(this.#url, tls), CHANNEL_OPTIONS);
  }

  #connect(): void {
    this.#refreshTls();
    this.#stream = new MessageStream({
      address: this.#address,
      tls: tlsFor(this.#url, this.#inUse),
      self: this.#events.self,
      onBegun: () => {
        if (!this.#isHealthy) this.#logger.info({ peer: this.#address }, "connected to peer");
        this.#isHealthy = true;
      },
      onRoundTrip: (ms) => this.#events.traffic.roundTrips.observe(ms),
      onEnd: (details) => this.#lost(details),
    });
  }

  #lost(reason: string): void {
    this.#stream = undefined;
    if (this.#isClosed) return;
    if (reason === REMOVED_TEXT) this.#events.onRemoved();
    if (this.#isHealthy) this.#logger.warn({ peer: this.#address, reason }, "connection to peer lost");
    if (this.#isHealthy) this.#events.traffic.disconnects++;
    if (this.#isHealthy) this.#events.onLost();
    this.#isHealthy = false;
    this.#reconnect = setTimeout(() => this.#connect(), RECONNECT_MS);
  }
}

const BATCH_BYTES = 512 * 1024;

function* batches(records: Iterable<{ key: Buffer; value: Buffer }>): Iterable<{ key: Buffer; value: Buffer }[]> {
  let batch: { key: Buffer; value: Buffer }[] = [];
  let bytes = 0;
  for (const record of records) {
    batch.push(record);
    bytes += record.key.length + record.value.length;
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
