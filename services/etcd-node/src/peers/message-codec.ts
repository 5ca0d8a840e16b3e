import { Frame, PeerService } from "@drydock/proto/drydock/raft/v1/raft";
import type { AppendRequest, AppendResponse, Message, NodeId } from "@drydock/raft";
import { pack, unpack } from "msgpackr";
import { Arena } from "../backend/arena.ts";
import { readVarint, varintLength, writeVarint } from "../rpc/wire/varint.ts";
import { entriesSize, readEntries, writeEntries } from "../wal/record.ts";

/**
 * Raft's messages on their way between two members. Appends and their answers, which are nearly all there is, are written by hand, with the entries in the
 * form of the log; whatever else there is goes as msgpack. Who sends and who receives is known from the stream.
 */

/** Of the one field of a frame. */
const TAG_MESSAGES = 0x0a;
const APPEND = 1;
const OTHERS = 2;
const APPEND_RESPONSE = 3;
/** Of an append: kind (u8), notice (u8), term, previous index, previous term, commit (f64 each), length of the entries (u32). */
const APPEND_HEADER_BYTES = 38;
const OTHERS_HEADER_BYTES = 5;
/** Kind (u8), rejected (u8), term, index, hint's index, hint's term (f64 each). */
const APPEND_RESPONSE_BYTES = 34;

/** The stream of frames, with the codec of a frame by hand. */
export const fastPeerService = {
  ...PeerService,
  stream: {
    ...PeerService.stream,
    requestDeserialize(bytes: Buffer): Frame {
      const cursor = { at: 1 };
      const length = bytes[0] === TAG_MESSAGES ? readVarint(bytes, cursor) : -1;
      return cursor.at + length === bytes.length ? { messages: bytes.subarray(cursor.at) } : Frame.decode(bytes);
    },
  },
} as const;

/** drydock.raft.v1.Frame with these messages: at the beginning of `target` when it fits there, else in a buffer of its own. */
export function encodeFrame(messages: readonly Message[], target: Buffer): Buffer {
  const appends: AppendRequest[] = [];
  const responses: AppendResponse[] = [];
  const others: Message[] = [];
  for (const message of messages) {
    if (message.type === "append") appends.push(message);
    else if (message.type === "append-response") responses.push(message);
    else others.push(message);
  }
  const packed = others.length > 0 ? pack(others) : undefined;
  let size = responses.length * APPEND_RESPONSE_BYTES + (packed ? OTHERS_HEADER_BYTES + packed.length : 0);
  for (const { entries } of appends) size += APPEND_HEADER_BYTES + entriesSize(entries);
  const whole = 1 + varintLength(size) + size;
  const bytes = whole <= target.length ? target.subarray(0, whole) : Buffer.allocUnsafeSlow(whole);
  bytes[0] = TAG_MESSAGES;
  let at = writeVarint(bytes, size, 1);
  if (packed) {
    bytes[at] = OTHERS;
    bytes.writeUInt32LE(packed.length, at + 1);
    bytes.set(packed, at + OTHERS_HEADER_BYTES);
    at += OTHERS_HEADER_BYTES + packed.length;
  }
  for (const response of responses) at = writeAppendResponse(response, bytes, at);
  for (const append of appends) at = writeAppend(append, bytes, at);
  return bytes;
}

export function decodeMessages(bytes: Buffer, from: NodeId, to: NodeId): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at];
    if (kind === OTHERS) {
      const end = at + OTHERS_HEADER_BYTES + bytes.readUInt32LE(at + 1);
      for (const message of unpack(bytes.subarray(at + OTHERS_HEADER_BYTES, end)) as Message[])
        messages.push(message.type === "propose" ? { ...message, data: message.data.map(kept) } : message);
      at = end;
    } else if (kind === APPEND_RESPONSE) {
      messages.push(readAppendResponse(bytes, at, from, to));
      at += APPEND_RESPONSE_BYTES;
    } else if (kind === APPEND) {
      const end = at + APPEND_HEADER_BYTES + bytes.readUInt32LE(at + 34);
      messages.push(readAppend(bytes.subarray(at, end), from, to));
      at = end;
    } else throw new Error(`a peer sends messages of an unknown kind, ${kind}`);
  }
  return messages;
}

/** The log keeps what comes for long, and with a view of it whatever else lay in the same memory. */
const arena = new Arena();

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  return arena.copyOf(bytes, start, end);
}

function kept(data: Uint8Array): Buffer {
  return arena.copyOf(data as Buffer);
}

function writeAppend(append: AppendRequest, bytes: Buffer, start: number): number {
  const { term, previousIndex, previousTerm, commit, isNotice, entries } = append;
  bytes[start] = APPEND;
  bytes[start + 1] = isNotice ? 1 : 0;
  bytes.writeDoubleLE(term, start + 2);
  bytes.writeDoubleLE(previousIndex, start + 10);
  bytes.writeDoubleLE(previousTerm, start + 18);
  bytes.writeDoubleLE(commit, start + 26);
  const end = writeEntries(entries, bytes, start + APPEND_HEADER_BYTES);
  bytes.writeUInt32LE(end - start - APPEND_HEADER_BYTES, start + 34);
  return end;
}

function writeAppendResponse(response: AppendResponse, bytes: Buffer, start: number): number {
  bytes[start] = APPEND_RESPONSE;
  bytes[start + 1] = response.isRejected ? 1 : 0;
  bytes.writeDoubleLE(response.term, start + 2);
  bytes.writeDoubleLE(response.index, start + 10);
  bytes.writeDoubleLE(response.hintIndex, start + 18);
  return bytes.writeDoubleLE(response.hintTerm, start + 26);
}

function readAppendResponse(bytes: Buffer, start: number, from: NodeId, to: NodeId): AppendResponse {
  return {
    type: "append-response",
    from,
    to,
    isRejected: bytes[start + 1] === 1,
    term: bytes.readDoubleLE(start + 2),
    index: bytes.readDoubleLE(start + 10),
    hintIndex: bytes.readDoubleLE(start + 18),
    hintTerm: bytes.readDoubleLE(start + 26),
  };
}

function readAppend(bytes: Buffer, from: NodeId, to: NodeId): AppendRequest {
  return {
    type: "append",
    from,
    to,
    isNotice: bytes[1] === 1,
    term: bytes.readDoubleLE(2),
    previousIndex: bytes.readDoubleLE(10),
    previousTerm: bytes.readDoubleLE(18),
    commit: bytes.readDoubleLE(26),
    entries: readEntries(bytes, APPEND_HEADER_BYTES, copyOf),
  };
}
