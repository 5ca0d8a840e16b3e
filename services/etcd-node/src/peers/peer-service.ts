import type { Frame, FrameAck, PeerServer, SnapshotAck, SnapshotChunk } from "@drydock/proto/drydock/raft/v1/raft";
import type { HashKVResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { Message, NodeId } from "@drydock/raft";
import {
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { unpack } from "msgpackr";
import { RpcError, toServiceError } from "../rpc/errors.ts";
import type { LeaseRpc } from "../rpc/lease.ts";
import type { MembershipRpc } from "../rpc/membership.ts";
import { decodeMessages } from "./message-codec.ts";

/** Metadata of a peer's stream: who it is. */
export const MEMBER_ID_KEY = "drydock-member-id";
/** How a peer that was removed hears of it (etcd's words). */
export const REMOVED_TEXT = "the member has been permanently removed from the cluster";

export interface PeerHandlers {
  /** `bytes`: as they came. */
  onMessages(messages: readonly Message[], from: NodeId, bytes: number): void;
  /** Takes in a whole state; resolves once raft has it, or has refused it. */
  onSnapshot(message: Message, records: AsyncIterable<readonly { key: Buffer; value: Buffer }[]>): Promise<boolean>;
  /** Who this member is. */
  readonly self: NodeId;
  wasRemoved(id: NodeId): boolean;
  hashKv(revision: number): Promise<HashKVResponse>;
  readonly leases: LeaseRpc;
  readonly membership: MembershipRpc;
}

/** What other members may ask of this one. */
export function createPeerService(handlers: PeerHandlers): PeerServer {
  return {
    stream(call: ServerDuplexStream<Frame, FrameAck>): void {
      const from = String(call.metadata.get(MEMBER_ID_KEY)[0] ?? "");
      const refuse = () => call.emit("error", toServiceError(new RpcError(status.FAILED_PRECONDITION, REMOVED_TEXT)));
      if (handlers.wasRemoved(from)) {
        refuse();
        return;
      }
      // Tells the other side at once that the stream stands.
      call.sendMetadata(new Metadata());
      call.on("data", (frame: Frame) => {
        if (handlers.wasRemoved(from)) refuse();
        else handlers.onMessages(decodeMessages(frame.messages, from, handlers.self), from, frame.messages.length);
      });
      call.on("end", () => call.end());
      call.on("error", () => {});
    },
    installSnapshot(
      call: ServerReadableStream<SnapshotChunk, SnapshotAck>,
      callback: sendUnaryData<SnapshotAck>,
    ): void {
      receive(call, handlers).then(
        (accepted) => callback(null, { accepted }),
        (error: unknown) => callback(toServiceError(error)),
      );
    },
    renewLease: (call, callback) => {
      handlers.leases.renewHere(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
    },
    hashKv: (call, callback) => {
      handlers.hashKv(call.request.revision).then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
    },
    changeMembership: (call, callback) => {
      handlers.membership.changeHere(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
    },
    describeCluster: (_call, callback) => callback(null, handlers.membership.describe()),
    leaseTimeToLive: (call, callback) => {
      handlers.leases.timeToLiveHere(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
    },
  };
}

async function receive(
  call: ServerReadableStream<SnapshotChunk, SnapshotAck>,
  handlers: PeerHandlers,
): Promise<boolean> {
  const chunks = call[Symbol.asyncIterator]() as AsyncIterator<SnapshotChunk>;
  const first = await chunks.next();
  const start = first.done ? undefined : first.value.start;
  if (!start) throw new Error("a snapshot begins with its description");
  async function* records() {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value.records;
  }
  return handlers.onSnapshot(unpack(start.message) as Message, records());
}
