/** RFC 9113, section 6. */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { ACK: 0x1, END_STREAM: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

export const FRAME_HEADER_LENGTH = 9;
export const FRAME_SIZE_DEFAULT = 16_384;
export const FRAME_SIZE_LIMIT = 16_777_215;
export const WINDOW_DEFAULT = 65_535;
export const WINDOW_LIMIT = 0x7fff_ffff;
export const STREAM_ID_LIMIT = 0x7fff_ffff;

/** What a client sends first (RFC 9113, section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** A frame as it lies in what was read: its payload is `source` from `start` to `end`. Valid during the call it is handed to. */
export interface Frame {
  type: number;
  flags: number;
  streamId: number;
  source: Buffer;
  start: number;
  end: number;
}

export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  return writeUint32(target, at + 5, streamId);
}

export function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

export function readUint32(source: Uint8Array, at: number): number {
  return (
    (((source[at] as number) << 24) |
      ((source[at + 1] as number) << 16) |
      ((source[at + 2] as number) << 8) |
      (source[at + 3] as number)) >>>
    0
  );
}

/** 31 bits; the reserved first one is ignored. */
export function readUint31(source: Uint8Array, at: number): number {
  return readUint32(source, at) & 0x7fff_ffff;
}

/** A whole frame of its own, for what is sent rarely. */
export function encodeFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_LENGTH + payload.length);
  frame.set(payload, writeFrameHeader(frame, 0, payload.length, type, flags, streamId));
  return frame;
}
