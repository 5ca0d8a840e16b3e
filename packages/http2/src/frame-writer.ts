import { Flag, FrameType, writeUint32 } from "./frame.ts";
import type { Output } from "./output.ts";
import type { PeerSettings } from "./settings.ts";

const NOTHING = new Uint8Array(0);

/** Frames that carry no content of streams. */
export class FrameWriter {
  readonly #output: Output;
  readonly #peer: PeerSettings;
  readonly #word = new Uint8Array(4);

  constructor(output: Output, peer: PeerSettings) {
    this.#output = output;
    this.#peer = peer;
  }

  /** A block that does not fit in one frame continues in others, with nothing between them. */
  headers(streamId: number, block: Uint8Array, endsStream: boolean): void {
    const ending = endsStream ? Flag.END_STREAM : 0;
    const { frameSizeMax } = this.#peer;
    if (block.length <= frameSizeMax) {
      this.#output.frame(FrameType.HEADERS, ending | Flag.END_HEADERS, streamId, block);
      return;
    }
    for (let at = 0; at < block.length; at += frameSizeMax) {
      const flags = (at === 0 ? ending : 0) | (at + frameSizeMax >= block.length ? Flag.END_HEADERS : 0);
      const fragment = Uint8Array.from(block.subarray(at, at + frameSizeMax));
      this.#output.frame(at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION, flags, streamId, fragment);
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
