/** Cuts the DATA of one gRPC stream into messages: a flag, four octets of length, the message. A message is there for the call only. */
export class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #rest: Buffer | undefined;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  read(chunk: Buffer): void {
    const source = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (source.length - at >= 5) {
      const end = at + 5 + source.readUInt32BE(at + 1);
      if (end > source.length) break;
      this.#onMessage(source.subarray(at + 5, end));
      at = end;
    }
    this.#rest = at < source.length ? Buffer.from(source.subarray(at)) : undefined;
  }
}

export const MESSAGE_PREFIX_LENGTH = 5;

/** Returns where the message begins. */
export function writeMessagePrefix(target: Buffer, at: number, length: number): number {
  target[at] = 0;
  return target.writeUInt32BE(length, at + 1);
}
