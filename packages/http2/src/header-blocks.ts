import { connectionFault, ErrorCode, type Fault } from "./error-code.ts";
import { Flag, type Frame } from "./frame.ts";
import type { DecodedBlock, HpackDecoder } from "./hpack/decoder.ts";
import type { Limits } from "./limits.ts";
import { type RequestHead, readRequestHead } from "./request-head.ts";

const CACHED_BLOCKS_MAX = 64;
const CACHED_OCTETS_MAX = 512;

/** A header block put together from its frames. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endsStream: boolean;
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Collects HEADERS and CONTINUATION frames into blocks; what is collected is bounded in octets and in frames. */
export class HeaderCollector {
  readonly #limits: Limits;
  #streamId = 0;
  #endsStream = false;
  #fragments: Buffer[] = [];
  #octets = 0;
  /** When the block in progress began; 0 when there is none. */
  beganAtMs = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#streamId !== 0;
  }

  get streamId(): number {
    return this.#streamId;
  }

  /** The block if this frame is all of it; `start` and `end` leave out padding and priority. */
  begin(frame: Frame, start: number, end: number): HeaderBlock | Fault | undefined {
    const endsStream = (frame.flags & Flag.END_STREAM) !== 0;
    if (frame.flags & Flag.END_HEADERS)
      return { streamId: frame.streamId, endsStream, source: frame.source, start, end };
    this.#streamId = frame.streamId;
    this.#endsStream = endsStream;
    this.#octets = 0;
    this.beganAtMs = Date.now();
    return this.#add(frame, start, end);
  }

  continue(frame: Frame): HeaderBlock | Fault | undefined {
    const fault = this.#add(frame, frame.start, frame.end);
    if (fault || !(frame.flags & Flag.END_HEADERS)) return fault;
    const source = Buffer.concat(this.#fragments, this.#octets);
    const block = { streamId: this.#streamId, endsStream: this.#endsStream, source, start: 0, end: source.length };
    this.#fragments = [];
    this.#streamId = 0;
    this.beganAtMs = 0;
    return block;
  }

  #add({ source }: Frame, start: number, end: number): Fault | undefined {
    this.#fragments.push(Buffer.from(source.subarray(start, end)));
    this.#octets += end - start;
    const isTooMuch =
      this.#octets > this.#limits.headerBlockOctetsMax || this.#fragments.length > this.#limits.headerFramesMax;
    return isTooMuch ? connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a header block without end") : undefined;
  }
}

/**
 * Request heads by the octets of their blocks. A block that neither changed the decoder's table nor was decoded before another that did means
 * the same every time.
 */
export class RequestHeadCache {
  readonly #decoder: HpackDecoder;
  readonly #heads = new Map<string, RequestHead>();
  #revision = 0;

  constructor(decoder: HpackDecoder) {
    this.#decoder = decoder;
  }

  read(source: Buffer, start: number, end: number): RequestHead | Exclude<DecodedBlock, { is: "fields" }> {
    if (end - start > CACHED_OCTETS_MAX) return this.#decode(source, start, end);
    if (this.#revision !== this.#decoder.table.revision) this.#heads.clear();
    this.#revision = this.#decoder.table.revision;
    const key = source.toString("latin1", start, end);
    const known = this.#heads.get(key);
    if (known) return known;
    const head = this.#decode(source, start, end);
    const isLasting = head.is === "request" && this.#revision === this.#decoder.table.revision;
    if (isLasting && this.#heads.size < CACHED_BLOCKS_MAX) this.#heads.set(key, head);
    return head;
  }

  #decode(source: Buffer, start: number, end: number): RequestHead | Exclude<DecodedBlock, { is: "fields" }> {
    const block = this.#decoder.decode(source, start, end);
    return block.is === "fields" ? readRequestHead(block.fields) : block;
  }
}
