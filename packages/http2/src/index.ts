export { ErrorCode } from "./error-code.ts";
export {
  encodeFrame,
  Flag,
  FRAME_HEADER_LENGTH,
  type Frame,
  FrameType,
  PREFACE,
  readUint31,
  readUint32,
  writeFrameHeader,
  writeUint32,
} from "./frame.ts";
export { FrameReader } from "./frame-reader.ts";
export { HpackDecoder } from "./hpack/decoder.ts";
export { HpackEncoder } from "./hpack/encoder.ts";
export type { HeaderField } from "./hpack/static-table.ts";
