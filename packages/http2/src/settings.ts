import { connectionFault, ErrorCode, type Fault } from "./error-code.ts";
import { FRAME_SIZE_DEFAULT, FRAME_SIZE_LIMIT, readUint32, WINDOW_DEFAULT, WINDOW_LIMIT } from "./frame.ts";

/** RFC 9113, section 6.5.2. */
export const Setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** What the peer has announced, as far as anybody here cares. */
export interface PeerSettings {
  headerTableSize: number;
  initialWindow: number;
  frameSizeMax: number;
  /** How many streams we may open, which only clients do. */
  concurrentStreamsMax: number;
}

export function initialPeerSettings(): PeerSettings {
  return {
    headerTableSize: 4096,
    initialWindow: WINDOW_DEFAULT,
    frameSizeMax: FRAME_SIZE_DEFAULT,
    concurrentStreamsMax: Number.POSITIVE_INFINITY,
  };
}

/** Takes over the payload of a SETTINGS frame, value by value; unknown settings are ignored. */
export function readSettings(into: PeerSettings, source: Uint8Array, start: number, end: number): Fault | undefined {
  for (let at = start; at < end; at += 6) {
    const setting = ((source[at] as number) << 8) | (source[at + 1] as number);
    const value = readUint32(source, at + 2);
    const fault = checkSetting(setting, value);
    if (fault) return fault;
    if (setting === Setting.HEADER_TABLE_SIZE) into.headerTableSize = value;
    else if (setting === Setting.INITIAL_WINDOW_SIZE) into.initialWindow = value;
    else if (setting === Setting.MAX_FRAME_SIZE) into.frameSizeMax = value;
    else if (setting === Setting.MAX_CONCURRENT_STREAMS) into.concurrentStreamsMax = value;
  }
  return undefined;
}

function checkSetting(setting: number, value: number): Fault | undefined {
  if (setting === Setting.ENABLE_PUSH && value > 1)
    return connectionFault(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is 0 or 1");
  if (setting === Setting.INITIAL_WINDOW_SIZE && value > WINDOW_LIMIT)
    return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "an initial window above 2^31-1");
  if (setting === Setting.MAX_FRAME_SIZE && (value < FRAME_SIZE_DEFAULT || value > FRAME_SIZE_LIMIT))
    return connectionFault(ErrorCode.PROTOCOL_ERROR, "a frame size out of range");
  return undefined;
}

export function encodeSettings(settings: readonly (readonly [setting: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([setting, value], index) => {
    payload.writeUInt16BE(setting, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return payload;
}
