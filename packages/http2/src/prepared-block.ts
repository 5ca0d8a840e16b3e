import { HpackEncoder, type OutgoingHeaders } from "./hpack/encoder.ts";

/** A header block that leaves the peer's table alone: encoded once, it can be sent on any connection, again and again. */
export interface PreparedBlock {
  readonly headers: OutgoingHeaders;
  readonly octets: Uint8Array;
}

export function prepareBlock(headers: OutgoingHeaders): PreparedBlock {
  return { headers, octets: Uint8Array.from(new HpackEncoder(0).encode(headers)) };
}
