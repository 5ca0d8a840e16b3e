const VERSION = 3;
const HEAD_BYTES = 8;
/** Frames this large are legal, but nobody who speaks a stream protocol sends them. */
const FRAME_BYTES_MAX = 4 * 1024 * 1024;
/** Data is sent in frames of at most this. */
export const dataBytesMax = 64 * 1024;

const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  window: 9,
} as const;
const FLAG_FIN = 1;

/** RST_STREAM statuses that are used here. */
export const resetStatus = { protocolError: 1, refused: 3, cancel: 5 } as const;

/** One SPDY/3.1 frame as it is received. Header blocks are still compressed. */
export type SpdyFrame =
  | { readonly kind: "data"; readonly streamId: number; readonly isLast: boolean; readonly data: Buffer }
  | { readonly kind: "syn-stream"; readonly streamId: number; readonly isLast: boolean; readonly block: Buffer }
  | {
      readonly kind: "syn-reply" | "headers";
      readonly streamId: number;
      readonly isLast: boolean;
      readonly block: Buffer;
    }
  | { readonly kind: "reset"; readonly streamId: number; readonly status: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "go-away" }
  /** Settings and window updates: nothing here depends on them. */
  | { readonly kind: "other" };

/** Cuts a byte stream into frames. Throws on what is not SPDY/3.1. */
export class FrameParser {
  #pending: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): SpdyFrame[] {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: SpdyFrame[] = [];
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUIntBE(5, 3);
      if (length > FRAME_BYTES_MAX) throw new Error(`a frame of ${length} bytes is too large`);
      if (rest.length < HEAD_BYTES + length) break;
      frames.push(parseFrame(rest, rest.subarray(HEAD_BYTES, HEAD_BYTES + length)));
      rest = rest.subarray(HEAD_BYTES + length);
    }
    this.#pending = rest;
    return frames;
  }
}

function parseFrame(head: Buffer, body: Buffer): SpdyFrame {
  const isLast = ((head[4] as number) & FLAG_FIN) !== 0;
  const first = head.readUInt32BE(0);
  if (first < 0x8000_0000) return { kind: "data", streamId: first, isLast, data: body };
  const version = (first >>> 16) & 0x7fff;
  if (version !== VERSION) throw new Error(`SPDY version ${version}, not ${VERSION}`);
  const type = first & 0xffff;
  switch (type) {
    case TYPE.synStream:
      return { kind: "syn-stream", streamId: streamIdOf(body, 10), isLast, block: body.subarray(10) };
    case TYPE.synReply:
      return { kind: "syn-reply", streamId: streamIdOf(body, 4), isLast, block: body.subarray(4) };
    case TYPE.headers:
      return { kind: "headers", streamId: streamIdOf(body, 4), isLast, block: body.subarray(4) };
    case TYPE.rstStream:
      return { kind: "reset", streamId: streamIdOf(body, 8), status: body.readUInt32BE(4) };
    case TYPE.ping:
      return { kind: "ping", id: streamIdOf(body, 4) };
    case TYPE.goAway:
      return { kind: "go-away" };
    default:
      return { kind: "other" };
  }
}

function streamIdOf(body: Buffer, bytesMin: number): number {
  if (body.length < bytesMin) throw new Error(`a frame of ${body.length} bytes is too short`);
  return body.readUInt32BE(0) & 0x7fff_ffff;
}

export function synStreamFrame(streamId: number, block: Buffer, isLast = false): Buffer {
  const body = Buffer.alloc(10);
  body.writeUInt32BE(streamId);
  return controlFrame(TYPE.synStream, isLast ? FLAG_FIN : 0, body, block);
}

export function synReplyFrame(streamId: number, block: Buffer): Buffer {
  return controlFrame(TYPE.synReply, 0, uint32(streamId), block);
}

export function resetFrame(streamId: number, status: number): Buffer {
  return controlFrame(TYPE.rstStream, 0, uint32(streamId), uint32(status));
}

export function pingFrame(id: number): Buffer {
  return controlFrame(TYPE.ping, 0, uint32(id));
}

export function goAwayFrame(lastStreamId: number): Buffer {
  return controlFrame(TYPE.goAway, 0, uint32(lastStreamId), uint32(0));
}

/** One frame; `data` must not be longer than `dataBytesMax`. */
export function dataFrame(streamId: number, data: Uint8Array, isLast = false): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + data.length);
  frame.writeUInt32BE(streamId);
  frame.writeUInt8(isLast ? FLAG_FIN : 0, 4);
  frame.writeUIntBE(data.length, 5, 3);
  frame.set(data, HEAD_BYTES);
  return frame;
}

function controlFrame(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
