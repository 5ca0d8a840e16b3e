export { ClientConnection, type ClientOptions } from "./client/client-connection.ts";
export type { ClientStream, StreamEnd, StreamEvents } from "./client/client-stream.ts";
export { type ClientTls, openConnection, type Target } from "./client/open-connection.ts";
export { Http2Connection, type Http2Stream } from "./connection.ts";
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
export type { CallEvents, CallOptions, GrpcCall } from "./grpc/grpc-call.ts";
export {
  GrpcClient,
  type GrpcClientOptions,
  type GrpcMethod,
  type GrpcStream,
  type GrpcStreamEvents,
} from "./grpc/grpc-client.ts";
export { GrpcError, type GrpcMetadata, GrpcStatus } from "./grpc/grpc-error.ts";
export { DirectGrpc } from "./grpc/server/direct-grpc.ts";
export type { DirectHandler, DirectMethod } from "./grpc/server/methods.ts";
export { type GrpcSink, openGrpcSink } from "./grpc-sink.ts";
export { HpackDecoder } from "./hpack/decoder.ts";
export { HpackEncoder, type OutgoingHeaders } from "./hpack/encoder.ts";
export type { HeaderField } from "./hpack/static-table.ts";
export { DEFAULT_LIMITS, type Limits, type RateLimit } from "./limits.ts";
export { flushOutputs } from "./output.ts";
export { copyOctets, OctetSource, octetsOf, Pieces } from "./pieces.ts";
export type { RequestHeaders } from "./request-head.ts";
export { Http2Server } from "./server.ts";
export { keepRequestsYoung } from "./young-requests.ts";
