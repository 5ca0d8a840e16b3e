import { Flag, FrameType, writeUint32 } from "./frame.ts";
import { COPY_OCTETS_MAX, type Output } from "./output.ts";

const NOTHING = new Uint8Array(0);

/** Frames that carry no content of streams. */
export class FrameWriter {
  readonly #output: Output;
  readonly #word = new Uint8Array(4);

  constructor(output: Output) {
    this.#output = output;
  }

  /** A block that is long continues in further frames, with nothing between them. `block` is not kept: all pieces are copied. */
  headers(streamId: number, block: Uint8Array, endsStream: boolean): void {
    const ending = endsStream ? Flag.END_STREAM : 0;
    if (block.length <= COPY_OCTETS_MAX) {
      this.#output.frame(FrameType.HEADERS, ending | Flag.END_HEADERS, streamId, block);
      return;
    }
    for (let at = 0; at < block.length; at += COPY_OCTETS_MAX) {
      const flags = (at === 0 ? ending : 0) | (at + COPY_OCTETS_MAX >= block.length ? Flag.END_HEADERS : 0);
      const type = at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
      this.#output.frame(type, flags, streamId, block.subarray(at, at + COPY_OCTETS_MAX));
    }
  }

  settings(payload: Uint8Array): void {
    this.#output.frame(FrameType.SETTINGS, 0, 0, payload);
  }

  acknowledgeSettings(): void {
    this.#output.frame(FrameType.SETTINGS, Flag.ACK, 0, NOTHING);
  }

  reset(streamId: number, code: number): void {
    this.#sendWord(FrameType.RST_STREAM, streamId, code);
  }

  windowUpdate(streamId: number, octets: number): void {
    this.#sendWord(FrameType.WINDOW_UPDATE, streamId, octets);
  }

  answerPing(payload: Uint8Array): void {
    this.#output.frame(FrameType.PING, Flag.ACK, 0, payload);
  }

  goaway(lastStreamId: number, code: number, data: Uint8Array): void {
    const payload = new Uint8Array(8 + data.length);
    writeUint32(payload, 0, lastStreamId);
    writeUint32(payload, 4, code);
    payload.set(data, 8);
    this.#output.frame(FrameType.GOAWAY, 0, 0, payload);
  }

  #sendWord(type: number, streamId: number, word: number): void {
    writeUint32(this.#word, 0, word);
    this.#output.frame(type, 0, streamId, this.#word);
  }
}
