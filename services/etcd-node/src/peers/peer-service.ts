import type { Frame, FrameAck, PeerServer, SnapshotAck, SnapshotChunk } from "@drydock/proto/drydock/raft/v1/raft";
import type { Message } from "@drydock/raft";
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from "@grpc/grpc-js";
import { unpack } from "msgpackr";
import { toServiceError } from "../rpc/errors.ts";
import type { LeaseRpc } from "../rpc/lease.ts";

export interface PeerHandlers {
  onMessages(messages: readonly Message[]): void;
  /** Takes in a whole state; resolves once raft has it, or has refused it. */
  onSnapshot(message: Message, records: AsyncIterable<readonly { key: Buffer; value: Buffer }[]>): Promise<boolean>;
  readonly leases: LeaseRpc;
}

/** What other members may ask of this one. */
export function createPeerService(handlers: PeerHandlers): PeerServer {
  return {
    stream(call: ServerDuplexStream<Frame, FrameAck>): void {
      // Tells the other side at once that the stream stands.
      call.sendMetadata(call.metadata.clone());
      call.on("data", (frame: Frame) => handlers.onMessages(unpack(frame.messages) as Message[]));
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
