import { GRPC_PREFIX_OCTETS } from "../grpc-prefix.ts";

/** For a message of which only the prefix is here no more is laid by, whatever the prefix says. */
const ROOM_OCTETS_FIRST = 1 << 18;
const NOTHING = Buffer.alloc(0);

/** Cuts the DATA of one gRPC stream into messages: a flag, four octets of length, the message. Messages may be kept. */
export class MessageReader {
  readonly #octetsMax: number;
  readonly #onMessage: (message: Buffer) => void;
  /** Of the message in progress, with its prefix. */
  #begun = NOTHING;
  #octets = 0;
  /** Of the message in progress, as far as its prefix tells. */
  #needed = GRPC_PREFIX_OCTETS;

  constructor(octetsMax: number, onMessage: (message: Buffer) => void) {
    this.#octetsMax = octetsMax;
    this.#onMessage = onMessage;
  }

  /** Whether a message has begun that is not complete. */
  get isMidMessage(): boolean {
    return this.#octets > 0;
  }

  /** Says what is wrong, if something is; then nothing more may be read. With `isLasting` the chunk does not change any more, and need not be copied. */
  read(chunk: Buffer, isLasting: boolean): string | undefined {
    let at = 0;
    while (this.#octets > 0 && at < chunk.length) {
      at = this.#take(chunk, at);
      if (this.#octets < this.#needed) return undefined;
      const problem = this.#octets === GRPC_PREFIX_OCTETS ? this.#readPrefix() : undefined;
      if (problem) return problem;
      if (this.#octets === this.#needed) this.#end();
    }
    return this.#cut(chunk, at, isLasting);
  }

  #cut(source: Buffer, start: number, isLasting: boolean): string | undefined {
    let at = start;
    while (source.length - at >= GRPC_PREFIX_OCTETS) {
      const problem = this.#problemAt(source, at);
      if (problem) return problem;
      const end = at + GRPC_PREFIX_OCTETS + source.readUInt32BE(at + 1);
      if (end > source.length) break;
      const message = source.subarray(at + GRPC_PREFIX_OCTETS, end);
      this.#onMessage(isLasting ? message : Buffer.from(message));
      at = end;
    }
    if (at < source.length) this.#begin(source, at);
    return undefined;
  }

  #problemAt(source: Buffer, at: number): string | undefined {
    if (source[at] !== 0) return "a message is compressed, which was not agreed on";
    const length = source.readUInt32BE(at + 1);
    return length > this.#octetsMax ? `a message of ${length} octets` : undefined;
  }

  #begin(source: Buffer, start: number): void {
    const isPrefixHere = source.length - start >= GRPC_PREFIX_OCTETS;
    this.#needed = GRPC_PREFIX_OCTETS + (isPrefixHere ? source.readUInt32BE(start + 1) : 0);
    this.#begun = NOTHING;
    this.#take(source, start);
  }

  /** As much as the message in progress still needs. Returns where it ends. */
  #take(source: Buffer, start: number): number {
    const end = Math.min(source.length, start + this.#needed - this.#octets);
    this.#makeRoom(this.#octets + end - start);
    source.copy(this.#begun, this.#octets, start, end);
    this.#octets += end - start;
    return end;
  }

  #makeRoom(octets: number): void {
    if (octets <= this.#begun.length) return;
    const room = Math.min(this.#needed, Math.max(octets, 2 * this.#begun.length, ROOM_OCTETS_FIRST));
    const larger = Buffer.allocUnsafeSlow(room);
    this.#begun.copy(larger, 0, 0, this.#octets);
    this.#begun = larger;
  }

  #readPrefix(): string | undefined {
    const problem = this.#problemAt(this.#begun, 0);
    if (!problem) this.#needed = GRPC_PREFIX_OCTETS + this.#begun.readUInt32BE(1);
    return problem;
  }

  #end(): void {
    const message = this.#begun.subarray(GRPC_PREFIX_OCTETS, this.#octets);
    this.#begun = NOTHING;
    this.#octets = 0;
    this.#onMessage(message);
  }
}
