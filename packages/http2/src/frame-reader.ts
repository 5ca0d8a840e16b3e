import { connectionFault, ErrorCode, type Fault } from "./error-code.ts";
import { FRAME_HEADER_LENGTH, type Frame, readUint31 } from "./frame.ts";

const EMPTY = Buffer.alloc(0);

/**
 * Cuts what arrives into frames. A frame that lies whole in one chunk is handed on in place; one that is cut is put together in a buffer of its
 * own, never larger than the frame size allows.
 */
export class FrameReader {
  readonly #frame: Frame = { type: 0, flags: 0, streamId: 0, source: EMPTY, start: 0, end: 0 };
  readonly #frameSizeMax: number;
  readonly #onFrame: (frame: Frame) => Fault | undefined;
  readonly #header = Buffer.alloc(FRAME_HEADER_LENGTH);
  /** The cut frame and how much of it is there. While its length is unknown this is `#header`. */
  #partial: Buffer | undefined;
  #filled = 0;
  #isStopped = false;

  /** `onFrame` says what is wrong with a frame, which ends the reading. */
  constructor(frameSizeMax: number, onFrame: (frame: Frame) => Fault | undefined) {
    this.#frameSizeMax = frameSizeMax;
    this.#onFrame = onFrame;
  }

  /** Whether a frame has begun that is not complete. */
  get isMidFrame(): boolean {
    return this.#partial !== undefined;
  }

  /** Nothing more is handed on, not even of the chunk being read. */
  stop(): void {
    this.#isStopped = true;
    this.#partial = undefined;
  }

  read(chunk: Buffer): Fault | undefined {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#partial || chunk.length - at < FRAME_HEADER_LENGTH) {
        at = this.#collect(chunk, at);
        if (this.#partial && this.#filled < this.#partial.length) return undefined;
        const fault = this.#finishCollected();
        if (fault) return fault;
        continue;
      }
      const length = lengthAt(chunk, at);
      if (length > this.#frameSizeMax) return tooLong(length);
      const end = at + FRAME_HEADER_LENGTH + length;
      if (end > chunk.length) {
        this.#begin(FRAME_HEADER_LENGTH + length);
        continue;
      }
      const fault = this.#hand(chunk, at, end);
      if (fault) return fault;
      at = end;
    }
    return undefined;
  }

  #begin(length: number): void {
    this.#partial = Buffer.allocUnsafe(length);
    this.#filled = 0;
  }

  #collect(chunk: Buffer, at: number): number {
    if (!this.#partial) {
      this.#partial = this.#header;
      this.#filled = 0;
    }
    const taken = Math.min(this.#partial.length - this.#filled, chunk.length - at);
    chunk.copy(this.#partial, this.#filled, at, at + taken);
    this.#filled += taken;
    return at + taken;
  }

  /** A header that is whole makes room for its frame; a frame that is whole is handed on. */
  #finishCollected(): Fault | undefined {
    const partial = this.#partial as Buffer;
    if (partial === this.#header) {
      const length = lengthAt(partial, 0);
      if (length > this.#frameSizeMax) return tooLong(length);
      this.#begin(FRAME_HEADER_LENGTH + length);
      partial.copy(this.#partial as Buffer);
      this.#filled = FRAME_HEADER_LENGTH;
      if (length > 0) return undefined;
    }
    const frame = this.#partial as Buffer;
    this.#partial = undefined;
    return this.#hand(frame, 0, frame.length);
  }

  #hand(source: Buffer, at: number, end: number): Fault | undefined {
    const frame = this.#frame;
    frame.type = source[at + 3] as number;
    frame.flags = source[at + 4] as number;
    frame.streamId = readUint31(source, at + 5);
    frame.source = source;
    frame.start = at + FRAME_HEADER_LENGTH;
    frame.end = end;
    return this.#onFrame(frame);
  }
}

function lengthAt(source: Buffer, at: number): number {
  return ((source[at] as number) << 16) | ((source[at + 1] as number) << 8) | (source[at + 2] as number);
}

function tooLong(length: number): Fault {
  return connectionFault(ErrorCode.FRAME_SIZE_ERROR, `a frame of ${length} octets`);
}
