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

export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}
