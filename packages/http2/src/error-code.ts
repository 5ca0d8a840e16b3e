/** RFC 9113, section 7. */
export const ErrorCode = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** What a peer did wrong: it costs the stream, or the connection. */
export type Fault =
  | { readonly costs: "connection"; readonly code: ErrorCode; readonly reason: string }
  | { readonly costs: "stream"; readonly streamId: number; readonly code: ErrorCode; readonly reason: string };

export function connectionFault(code: ErrorCode, reason: string): Fault {
  return { costs: "connection", code, reason };
}

export function streamFault(streamId: number, code: ErrorCode, reason: string): Fault {
  return { costs: "stream", streamId, code, reason };
}
