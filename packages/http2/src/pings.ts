import { FrameType } from "./frame.ts";
import type { Output } from "./output.ts";

export type PingCallback = (error: Error | null, durationMs: number, payload: Buffer) => void;

interface Outstanding {
  readonly payload: Buffer;
  readonly sentAtMs: number;
  readonly callback: PingCallback;
}

/** Our PINGs and their answers, which come in order. */
export class Pings {
  readonly #output: Output;
  readonly #outstanding: Outstanding[] = [];
  #count = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  send(callback: PingCallback, payload?: Uint8Array): void {
    const octets = Buffer.alloc(8);
    if (payload) octets.set(payload.subarray(0, 8));
    else octets.writeUInt32BE(++this.#count, 4);
    this.#outstanding.push({ payload: octets, sentAtMs: performance.now(), callback });
    this.#output.frame(FrameType.PING, 0, 0, octets);
  }

  /** An answer to nothing is ignored. */
  onAnswer(payload: Buffer): void {
    const index = this.#outstanding.findIndex((ping) => ping.payload.equals(payload));
    if (index < 0) return;
    const [answered] = this.#outstanding.splice(index, 1);
    answered?.callback(null, performance.now() - answered.sentAtMs, answered.payload);
  }

  cancel(): void {
    for (const { callback, payload } of this.#outstanding.splice(0))
      callback(new Error("the connection is closed"), 0, payload);
  }
}
