import { GRPC_PREFIX_OCTETS } from "../grpc-prefix.ts";

/** Cuts the DATA of one gRPC stream into messages: a flag, four octets of length, the message. */
export class MessageReader {
  readonly #octetsMax: number;
  readonly #onMessage: (message: Buffer) => void;
  #chunks: Buffer[] = [];
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

  /** Says what is wrong, if something is; then nothing more may be read. Messages lie in the chunk, or in a buffer of their own. */
  read(chunk: Buffer): string | undefined {
    if (this.#octets === 0) return this.#cut(chunk);
    this.#chunks.push(chunk);
    this.#octets += chunk.length;
    if (this.#octets < this.#needed) return undefined;
    const whole = Buffer.concat(this.#chunks, this.#octets);
    this.#chunks = [];
    this.#octets = 0;
    return this.#cut(whole);
  }

  #cut(source: Buffer): string | undefined {
    let at = 0;
    while (source.length - at >= GRPC_PREFIX_OCTETS) {
      const length = source.readUInt32BE(at + 1);
      if (source[at] !== 0) return "a message is compressed, which was not agreed on";
      if (length > this.#octetsMax) return `a message of ${length} octets`;
      const end = at + GRPC_PREFIX_OCTETS + length;
      if (end > source.length) break;
      this.#onMessage(source.subarray(at + GRPC_PREFIX_OCTETS, end));
      at = end;
    }
    this.#keep(source.subarray(at));
    return undefined;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#chunks = [rest];
    this.#octets = rest.length;
    this.#needed = GRPC_PREFIX_OCTETS + (rest.length >= GRPC_PREFIX_OCTETS ? rest.readUInt32BE(1) : 0);
  }
}
