import { connectionFault, ErrorCode, type Fault, streamFault } from "../error-code.ts";
import type { HeaderBlock } from "../header-blocks.ts";
import { type DecodedBlock, HpackDecoder } from "../hpack/decoder.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import type { Limits } from "../limits.ts";
import { problemOfTrailers } from "../request-head.ts";
import type { ClientStream } from "./client-stream.ts";

const CACHED_BLOCKS_MAX = 64;
const CACHED_OCTETS_MAX = 512;

/** Heads and trailers of answers. */
export class Responses {
  readonly #decoder: HpackDecoder;
  /** By their octets: a block that left the decoder's table alone means the same as long as the table does. */
  readonly #known = new Map<string, DecodedBlock>();
  #revision = 0;

  constructor({ headerTableSize, headerListSizeMax }: Limits) {
    this.#decoder = new HpackDecoder(headerTableSize, headerListSizeMax);
  }

  /** Of a stream that is over, too: the table depends on it. */
  onBlock(stream: ClientStream | undefined, block: HeaderBlock): Fault | undefined {
    const decoded = this.#decode(block);
    if (decoded.is === "broken") return connectionFault(ErrorCode.COMPRESSION_ERROR, decoded.reason);
    if (!stream) return undefined;
    if (decoded.is === "too-large") return streamFault(stream.id, ErrorCode.ENHANCE_YOUR_CALM, "a head too large");
    return stream.hasHead
      ? onTrailers(stream, decoded.fields, block.endsStream)
      : onHead(stream, decoded.fields, block.endsStream);
  }

  #decode({ source, start, end }: HeaderBlock): DecodedBlock {
    const { table } = this.#decoder;
    if (end - start > CACHED_OCTETS_MAX) return this.#decoder.decode(source, start, end);
    if (this.#revision !== table.revision) this.#known.clear();
    this.#revision = table.revision;
    const key = source.toString("latin1", start, end);
    const known = this.#known.get(key);
    if (known) return known;
    const decoded = this.#decoder.decode(source, start, end);
    if (this.#revision === table.revision && this.#known.size < CACHED_BLOCKS_MAX) this.#known.set(key, decoded);
    return decoded;
  }
}

function onHead(stream: ClientStream, fields: readonly HeaderField[], endsStream: boolean): Fault | undefined {
  const [[name, status] = ["", ""], ...others] = fields;
  const isStatus = name === ":status" && /^[1-9]\d\d$/.test(status);
  const problem = isStatus ? problemOfTrailers(others) : "a head without :status";
  if (problem) return streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, problem);
  if (status.startsWith("1"))
    return endsStream
      ? streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, "an interim answer ends the stream")
      : undefined;
  stream.receiveHead(fields);
  if (endsStream) stream.receiveEnd(undefined);
  return undefined;
}

function onTrailers(stream: ClientStream, fields: readonly HeaderField[], endsStream: boolean): Fault | undefined {
  const problem = endsStream ? problemOfTrailers(fields) : "trailers that do not end the stream";
  if (problem) return streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, problem);
  stream.receiveEnd(fields);
  return undefined;
}
