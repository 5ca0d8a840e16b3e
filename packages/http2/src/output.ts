import type { Duplex } from "node:stream";
import { Flag, FRAME_HEADER_LENGTH, FrameType, writeFrameHeader } from "./frame.ts";
import { GRPC_PREFIX_OCTETS, writeGrpcPrefix } from "./grpc-prefix.ts";
import { copyOctets, type OctetSource } from "./pieces.ts";

/** What is long goes to the kernel in large parts: each part wakes the reader, who then fights for the socket with the writer. */
const FLUSH_OCTETS = 1 << 20;
/** So many octets of content, and the headers of their frames. */
const SLAB_OCTETS = (1 << 16) + 256;
const SPARE_SLABS_MAX = 40;
/** Payloads up to this are copied at once; longer ones are sent from where they lie, and must stay as they are until then. */
export const COPY_OCTETS_MAX = 8192;
const spareSlabs: Buffer[] = [];
/** Those that hold something, of all connections. */
let scheduled: Output[] = [];

/**
 * What a connection sends, gathered and written once a turn of the event loop, or by `flushOutputs`. Slabs are shared among connections: one that is
 * idle holds none.
 */
export class Output {
  readonly #socket: Duplex;
  #chunks: Buffer[] = [];
  #slab: Buffer | undefined;
  /** Slabs before the present one, whose octets are in `#chunks`. */
  #full: Buffer[] = [];
  /** Slabs that the kernel had not taken when they were written. */
  #lent: Buffer[] = [];
  #start = 0;
  #end = 0;
  /** Octets in `#chunks`. */
  #sealed = 0;
  #isScheduled = false;
  #isBlocked = false;
  readonly #copies: boolean;

  /** `copies` says that the socket never takes what it is given within the call, as with TLS: it gets copies then, and the slab stays ours. */
  constructor(socket: Duplex, copies: boolean) {
    this.#socket = socket;
    this.#copies = copies;
  }

  /** The socket holds more than it likes to: nothing that can wait is to be written until it drains. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Octets that the kernel has not taken. */
  get waitingOctets(): number {
    return this.#socket.writableLength + this.#sealed + this.#end - this.#start;
  }

  onDrain(): void {
    this.#isBlocked = false;
    this.#takeBack();
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const { length } = payload;
    const slab = this.#reserve(FRAME_HEADER_LENGTH + (length > COPY_OCTETS_MAX ? 0 : length));
    this.#end = writeFrameHeader(slab, this.#end, length, type, flags, streamId);
    if (length > COPY_OCTETS_MAX) {
      this.#seal();
      this.#chunks.push(Buffer.from(payload.buffer, payload.byteOffset, length));
      this.#sealed += length;
    } else if (length > 0) {
      slab.set(payload, this.#end);
      this.#end += length;
    }
    if (this.#sealed + this.#end - this.#start >= FLUSH_OCTETS) this.flush();
  }

  /** A whole answer of gRPC: its head, one message, its trailers. All that is given is copied, and is short. */
  answer(streamId: number, head: Uint8Array, message: Uint8Array, trailers: Uint8Array): void {
    const octets = head.length + GRPC_PREFIX_OCTETS + message.length + trailers.length;
    const slab = this.#reserve(3 * FRAME_HEADER_LENGTH + octets);
    let at = writeFrameHeader(slab, this.#end, head.length, FrameType.HEADERS, Flag.END_HEADERS, streamId);
    copyOctets(slab, at, head, 0, head.length);
    at = writeMessageHead(slab, at + head.length, streamId, message.length);
    copyOctets(slab, at, message, 0, message.length);
    at += message.length;
    const flags = Flag.END_HEADERS | Flag.END_STREAM;
    at = writeFrameHeader(slab, at, trailers.length, FrameType.HEADERS, flags, streamId);
    copyOctets(slab, at, trailers, 0, trailers.length);
    this.#advance(at + trailers.length);
  }

  /** A message of gRPC of so many octets, which is short; copied. */
  message(streamId: number, pieces: readonly Uint8Array[], length: number): void {
    const slab = this.#reserve(FRAME_HEADER_LENGTH + GRPC_PREFIX_OCTETS + length);
    let at = writeMessageHead(slab, this.#end, streamId, length);
    for (const piece of pieces) {
      copyOctets(slab, at, piece, 0, piece.length);
      at += piece.length;
    }
    this.#advance(at);
  }

  /** A frame of a source's next octets; copied. */
  frameOf(type: number, flags: number, streamId: number, source: OctetSource, octets: number): void {
    const slab = this.#reserve(FRAME_HEADER_LENGTH + octets);
    const at = writeFrameHeader(slab, this.#end, octets, type, flags, streamId);
    this.#advance(source.copyTo(slab, at, octets));
  }

  #advance(end: number): void {
    this.#end = end;
    if (this.#sealed + end - this.#start >= FLUSH_OCTETS) this.flush();
  }

  /** Hands everything to the socket. */
  flush(): void {
    this.#seal();
    const chunks = this.#chunks;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#sealed = 0;
    const socket = this.#socket;
    if (!socket.writable) return this.#release(true);
    if (chunks.length > 1) socket.cork();
    for (const chunk of chunks) socket.write(chunk);
    if (chunks.length > 1) socket.uncork();
    this.#isBlocked = socket.writableNeedDrain;
    this.#release(this.#copies || socket.writableLength === 0);
  }

  /** A frame's header and its payload lie in one slab. */
  #reserve(length: number): Buffer {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      if (scheduled.push(this) === 1) setImmediate(flushOutputs);
    }
    if (this.#slab && this.#end + length <= SLAB_OCTETS) return this.#slab;
    this.#seal();
    if (this.#slab) this.#full.push(this.#slab);
    this.#takeBack();
    this.#slab = spareSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_OCTETS);
    this.#start = 0;
    this.#end = 0;
    return this.#slab;
  }

  #seal(): void {
    if (!this.#slab || this.#end === this.#start) return;
    const chunk = this.#slab.subarray(this.#start, this.#end);
    this.#chunks.push(this.#copies ? Buffer.from(chunk) : chunk);
    this.#sealed += this.#end - this.#start;
    this.#start = this.#end;
  }

  /** What the kernel has not taken yet must stay as it is until it has. */
  #release(isTaken: boolean): void {
    if (this.#slab) this.#full.push(this.#slab);
    if (isTaken) keepForReuse(this.#full);
    else this.#lent.push(...this.#full);
    if (this.#full.length > 0) this.#full = [];
    this.#slab = undefined;
    this.#start = 0;
    this.#end = 0;
  }

  #takeBack(): void {
    if (this.#lent.length === 0 || this.#socket.writableLength > 0) return;
    keepForReuse(this.#lent);
    this.#lent = [];
  }

  flushScheduled(): void {
    this.#isScheduled = false;
    this.flush();
  }
}

function keepForReuse(slabs: readonly Buffer[]): void {
  for (const slab of slabs) if (spareSlabs.length < SPARE_SLABS_MAX) spareSlabs.push(slab);
}

/**
 * Hands to their sockets what all connections of this process have gathered. It happens by itself at the end of the turn of the event loop, which from
 * a callback of `setImmediate` is the end of the next one: whoever answers many there need not let them wait so long.
 */
export function flushOutputs(): void {
  const outputs = scheduled;
  scheduled = [];
  for (const output of outputs) output.flushScheduled();
}

function writeMessageHead(target: Uint8Array, start: number, streamId: number, length: number): number {
  const at = writeFrameHeader(target, start, GRPC_PREFIX_OCTETS + length, FrameType.DATA, 0, streamId);
  return writeGrpcPrefix(target, at, length);
}
