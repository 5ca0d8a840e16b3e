import { Flag, FrameType, WINDOW_DEFAULT, WINDOW_LIMIT } from "./frame.ts";
import { COPY_OCTETS_MAX, type Output } from "./output.ts";
import { OctetSource } from "./pieces.ts";
import type { PeerSettings } from "./settings.ts";

/** What one stream sends at a time when others wait too. */
const TURN_OCTETS = 1 << 16;
const AT_ONCE_OCTETS_MAX = 1 << 16;
/** Whatever the peer allows: four frames fill a slab of the output. */
const FRAME_OCTETS_MAX = 1 << 14;

export type Written = (error?: Error | null) => void;

export type Content = Uint8Array | OctetSource;

interface Waiting {
  readonly data: Content;
  at: number;
  readonly written: Written | undefined;
  readonly endsStream: boolean;
}

/** Whose queue it is. */
export interface Sender {
  /** Nothing waits any more. */
  onEmpty(): void;
}

const NOTHING: readonly Waiting[] = [];

/** The DATA one stream has to send. `window` may fall below zero when the peer shrinks it. */
export class SendQueue {
  readonly id: number;
  readonly sender: Sender;
  window: number;
  octets = 0;
  #waiting: Waiting[] | undefined;

  constructor(id: number, window: number, sender: Sender) {
    this.id = id;
    this.window = window;
    this.sender = sender;
  }

  get waiting(): readonly Waiting[] {
    return this.#waiting ?? NOTHING;
  }

  push(waiting: Waiting): void {
    this.octets += waiting.data.length;
    if (this.#waiting) this.#waiting.push(waiting);
    else this.#waiting = [waiting];
  }

  shift(): void {
    this.#waiting?.shift();
  }

  /** Gives up what waits. */
  clear(error: Error): void {
    const given = this.waiting;
    this.octets = 0;
    this.#waiting = undefined;
    for (const { written } of given) if (written) process.nextTick(written, error);
  }
}

/** Sends DATA as far as both windows and the socket allow, streams in turn; the rest waits. */
export class SendFlow {
  readonly #output: Output;
  readonly #peer: PeerSettings;
  readonly #ready = new Set<SendQueue>();
  #window = WINDOW_DEFAULT;

  constructor(output: Output, peer: PeerSettings) {
    this.#output = output;
    this.#peer = peer;
  }

  get window(): number {
    return this.#window;
  }

  /** `written` is called when all of it has gone out, at once if it can; true if so. */
  send(queue: SendQueue, data: Content, written: Written | undefined, endsStream = false): boolean {
    if (this.#mayGoAtOnce(queue, data.length)) {
      this.#sendFrames(queue, data, 0, data.length, endsStream);
      written?.();
      return true;
    }
    queue.push({ data, at: 0, written, endsStream });
    this.#ready.add(queue);
    this.pump();
    return queue.waiting.length === 0;
  }

  /** Takes room in the windows for a short frame that the caller sends at once; false where it would have to wait. */
  takeAtOnce(queue: SendQueue, octets: number): boolean {
    if (octets > COPY_OCTETS_MAX || !this.#mayGoAtOnce(queue, octets)) return false;
    queue.window -= octets;
    this.#window -= octets;
    return true;
  }

  forget(queue: SendQueue): void {
    this.#ready.delete(queue);
  }

  /** False when the window would overflow. */
  widen(octets: number): boolean {
    if (this.#window + octets > WINDOW_LIMIT) return false;
    this.#window += octets;
    this.pump();
    return true;
  }

  widenStream(queue: SendQueue, octets: number): boolean {
    if (queue.window + octets > WINDOW_LIMIT) return false;
    queue.window += octets;
    if (queue.waiting.length > 0) {
      this.#ready.add(queue);
      this.pump();
    }
    return true;
  }

  /** Streams take turns: who has more to send goes to the end of the set. */
  pump(): void {
    for (const queue of this.#ready) {
      if (this.#output.isBlocked) return;
      this.#ready.delete(queue);
      this.#takeTurn(queue);
      const [first] = queue.waiting;
      if (!first || (queue.window <= 0 && first.data.length > 0)) continue;
      this.#ready.add(queue);
      if (this.#window <= 0) return;
    }
  }

  #mayGoAtOnce(queue: SendQueue, octets: number): boolean {
    if (queue.waiting.length > 0 || this.#output.isBlocked || octets > AT_ONCE_OCTETS_MAX) return false;
    return octets === 0 || (octets <= queue.window && octets <= this.#window && this.#ready.size === 0);
  }

  #takeTurn(queue: SendQueue): void {
    let turn = TURN_OCTETS;
    for (let first = queue.waiting[0]; first && turn > 0 && !this.#output.isBlocked; first = queue.waiting[0]) {
      const left = first.data.length - first.at;
      const octets = Math.min(left, turn, Math.max(0, queue.window), this.#window);
      if (octets === 0 && left > 0) return;
      this.#sendFrames(queue, first.data, first.at, octets, first.endsStream && octets === left);
      first.at += octets;
      queue.octets -= octets;
      turn -= octets;
      if (octets === left) {
        queue.shift();
        first.written?.();
        if (queue.waiting.length === 0) queue.sender.onEmpty();
      }
    }
  }

  #sendFrames(queue: SendQueue, data: Content, from: number, octets: number, endsStream: boolean): void {
    const frameSizeMax = Math.min(this.#peer.frameSizeMax, FRAME_OCTETS_MAX);
    queue.window -= octets;
    this.#window -= octets;
    const end = from + octets;
    for (let at = from; at < end || octets === 0; at += frameSizeMax) {
      const frameEnd = Math.min(end, at + frameSizeMax);
      const flags = endsStream && frameEnd === end ? Flag.END_STREAM : 0;
      if (data instanceof OctetSource) this.#output.frameOf(FrameType.DATA, flags, queue.id, data, frameEnd - at);
      else {
        const isWhole = at === 0 && frameEnd === data.length;
        this.#output.frame(FrameType.DATA, flags, queue.id, isWhole ? data : data.subarray(at, frameEnd));
      }
      if (octets === 0) return;
    }
  }

  /** END_STREAM by itself, for what has no trailers. Takes no window. */
  sendEnd(id: number): void {
    this.#output.frame(FrameType.DATA, Flag.END_STREAM, id, EMPTY);
  }
}

const EMPTY = new Uint8Array(0);
