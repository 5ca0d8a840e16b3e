import { ErrorCode } from "../error-code.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { ReceiveWindow } from "../receive-flow.ts";
import { type Sender, SendQueue } from "../send-flow.ts";

/** How a request ended. */
export type StreamEnd =
  /** The answer is complete. */
  | { readonly is: "ended"; readonly trailers: readonly HeaderField[] | undefined }
  /** The server has not looked at it, for certain: asking again is safe. */
  | { readonly is: "unprocessed"; readonly reason: string }
  | { readonly is: "reset"; readonly code: number; readonly by: "us" | "peer"; readonly reason: string }
  /** The connection is gone, and nothing is known of what the server did. */
  | { readonly is: "lost"; readonly reason: string };

export interface StreamEvents {
  /** Once at most, before any data; interim answers are left out. */
  onHead(fields: readonly HeaderField[]): void;
  /** May be kept. What it took of the window stays taken until `consumed`. */
  onData(data: Buffer): void;
  /** Once, always, last; never within a call of the stream's own methods but `cancel`. */
  onEnd(end: StreamEnd): void;
}

/** What a stream asks of its connection. */
export interface ClientStreamHost {
  sendData(queue: SendQueue, data: Uint8Array, endsStream: boolean): void;
  sendReset(streamId: number, code: number): void;
  giveBack(octets: number, stream: ClientStream | undefined): void;
  onClosed(stream: ClientStream): void;
}

/** Its end goes out with the last octets: there is nothing to do then. */
const NOBODY: Sender = { onEmpty() {} };

/** One request and its answer, the client's end. While the server allows no further stream, it waits its turn and so does what it sends. */
export class ClientStream {
  readonly fields: readonly HeaderField[];
  readonly receiveWindow: ReceiveWindow;
  readonly #host: ClientStreamHost;
  readonly #events: StreamEvents;
  #id = 0;
  #queue: SendQueue | undefined;
  #held: { readonly data: Uint8Array; readonly endsStream: boolean }[] = [];
  #unread = 0;
  #hasHead = false;
  #hasEnded = false;
  #isClosed = false;

  constructor(host: ClientStreamHost, fields: readonly HeaderField[], window: number, events: StreamEvents) {
    this.#host = host;
    this.fields = fields;
    this.receiveWindow = new ReceiveWindow(window);
    this.#events = events;
  }

  /** 0 until it is its turn. */
  get id(): number {
    return this.#id;
  }

  get hasHead(): boolean {
    return this.#hasHead;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get sendQueue(): SendQueue | undefined {
    return this.#queue;
  }

  /** Octets written that the windows have not let pass. */
  get waitingOctets(): number {
    return this.#queue?.octets ?? this.#held.reduce((octets, { data }) => octets + data.length, 0);
  }

  /** The data is not copied when it is long: it must not change any more. */
  write(data: Uint8Array, endsStream = false): void {
    if (this.#isClosed || this.#hasEnded) return;
    this.#hasEnded = endsStream;
    if (this.#queue) this.#host.sendData(this.#queue, data, endsStream);
    else this.#held.push({ data, endsStream });
  }

  /** Octets of `onData` were dealt with: the server may send as many more. */
  consumed(octets: number): void {
    if (this.#isClosed) return;
    this.#unread -= octets;
    this.#host.giveBack(octets, this);
  }

  cancel(code: number = ErrorCode.CANCEL, reason = "cancelled"): void {
    if (this.#isClosed) return;
    if (this.#id !== 0) this.#host.sendReset(this.#id, code);
    this.finish({ is: "reset", code, by: "us", reason });
  }

  /** Its turn: the connection has sent its head. The connection calls this and those below. */
  begin(id: number, window: number): void {
    this.#id = id;
    this.#queue = new SendQueue(id, window, NOBODY);
    for (const { data, endsStream } of this.#held.splice(0)) this.#host.sendData(this.#queue, data, endsStream);
  }

  receiveHead(fields: readonly HeaderField[]): void {
    this.#hasHead = true;
    this.#events.onHead(fields);
  }

  receiveData(data: Buffer): void {
    if (this.#isClosed || data.length === 0) return;
    this.#unread += data.length;
    this.#events.onData(data);
  }

  /** An answer that is complete before its request leaves nobody to read the rest of it. */
  receiveEnd(trailers: readonly HeaderField[] | undefined): void {
    if (this.#isClosed) return;
    const isCutShort = !this.#hasEnded || this.waitingOctets > 0;
    if (isCutShort) this.#host.sendReset(this.#id, ErrorCode.NO_ERROR);
    this.finish({ is: "ended", trailers });
  }

  finish(end: StreamEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#held = [];
    this.#queue?.clear(new Error("the stream is closed"));
    if (this.#unread > 0) this.#host.giveBack(this.#unread, undefined);
    this.#host.onClosed(this);
    this.#events.onEnd(end);
  }
}
