/** In front of every message of gRPC: a flag that says whether it is compressed, and four octets of length. */
export const GRPC_PREFIX_OCTETS = 5;

/** For a message that is not compressed. Returns where it ends. */
export function writeGrpcPrefix(target: Uint8Array, at: number, length: number): number {
  target[at] = 0;
  target[at + 1] = length >>> 24;
  target[at + 2] = length >>> 16;
  target[at + 3] = length >>> 8;
  target[at + 4] = length;
  return at + GRPC_PREFIX_OCTETS;
}

export function grpcPrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(GRPC_PREFIX_OCTETS);
  writeGrpcPrefix(prefix, 0, length);
  return prefix;
}

/** The message with room for the prefix in front. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(GRPC_PREFIX_OCTETS + message.length);
  framed.set(message, writeGrpcPrefix(framed, 0, message.length));
  return framed;
}
