import type { Socket } from "node:net";

/** Gathers what one turn of the event loop sends into one write. */
export class SendBuffer {
  readonly #socket: Socket;
  #target = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  #isScheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Room for so many octets: write them there at once. */
  reserve(length: number): { readonly target: Buffer; readonly at: number } {
    if (this.#length + length > this.#target.length) {
      this.#flush();
      if (length > this.#target.length) this.#target = Buffer.allocUnsafe(length);
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#flushScheduled);
    }
    const at = this.#length;
    this.#length += length;
    return { target: this.#target, at };
  }

  append(chunk: Uint8Array): void {
    const { target, at } = this.reserve(chunk.length);
    target.set(chunk, at);
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#length === 0) return;
    if (!this.#socket.destroyed) this.#socket.write(this.#target.subarray(0, this.#length));
    this.#length = 0;
    if (this.#socket.writableLength > 0) this.#target = Buffer.allocUnsafe(1 << 16);
  }
}
