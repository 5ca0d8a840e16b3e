import type { Duplex } from "node:stream";
import {
  dataBytesMax,
  dataFrame,
  FrameParser,
  goAwayFrame,
  pingFrame,
  resetFrame,
  resetStatus,
  type SpdyFrame,
  synReplyFrame,
} from "./frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./header-block.ts";

const CONGESTED_BYTES = 1024 * 1024;
const STREAMS_MAX = 10_000;

/** One stream that the client opened. Handlers are set in `onStream`, before any data arrives. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  onData: (data: Buffer) => void;
  /** The client sends nothing more, or gave the stream up. */
  onEnd: () => void;
  write(data: Uint8Array): void;
  /** Nothing more will be written. */
  end(): void;
  reset(): void;
}

/**
 * The server's end of a SPDY/3.1 connection, as far as Kubernetes' stream protocols use it: the client opens streams, each is
 * accepted at once, both sides write data and half-close. No server push and no flow control: theirs has none either, the
 * transport's own back-pressure takes its place.
 */
export class SpdyConnection {
  onStream: (stream: SpdyStream) => void = () => {};
  /** The transport ended, or broke, or the peer did not speak the protocol. Called once. */
  onClose: () => void = () => {};
  readonly #socket: Duplex;
  readonly #parser = new FrameParser();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  readonly #streams = new Map<number, ServerStream>();
  #lastStreamId = 0;
  #isClosed = false;

  /** `head` is what arrived with the upgrade request. Reading begins on the next turn, when the handlers are set. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
    socket.on("end", () => this.close());
    setImmediate(() => {
      if (head.length > 0) this.#receive(head);
      socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    });
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > CONGESTED_BYTES;
  }

  whenDrained(callback: () => void): void {
    if (!this.isCongested || this.#isClosed) callback();
    else this.#socket.once("drain", callback);
  }

  /** Reads nothing until resumed: the client's writes will block. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what is queued, then ends the transport. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#socket.writable) this.#socket.end(goAwayFrame(this.#lastStreamId));
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.remoteEnded();
    this.#streams.clear();
    this.onClose();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return;
    try {
      for (const frame of this.#parser.push(chunk)) this.#handle(frame);
    } catch {
      // Framing is lost for good: nothing that follows can be understood.
      this.#socket.destroy();
      this.#closed();
    }
  }

  #handle(frame: SpdyFrame): void {
    switch (frame.kind) {
      case "syn-stream":
        this.#open(frame.streamId, this.#headerReader.read(frame.block), frame.isLast);
        return;
      case "syn-reply":
      case "headers":
        // Read for the sake of the compression's state alone.
        this.#headerReader.read(frame.block);
        return;
      case "data": {
        const stream = this.#streams.get(frame.streamId);
        if (frame.data.length > 0) stream?.onData(frame.data);
        if (frame.isLast) stream?.remoteEnded();
        return;
      }
      case "reset":
        this.#streams.get(frame.streamId)?.remoteEnded();
        this.#streams.delete(frame.streamId);
        return;
      case "ping":
        // An even one would be the answer to a ping of ours.
        if (frame.id % 2 === 1) this.#send(pingFrame(frame.id));
        return;
      case "go-away":
      case "other":
        return;
    }
  }

  #open(id: number, headers: SpdyHeaders, isLast: boolean): void {
    if (id <= this.#lastStreamId || id % 2 === 0 || this.#streams.size >= STREAMS_MAX) {
      this.#send(resetFrame(id, resetStatus.protocolError));
      return;
    }
    this.#lastStreamId = id;
    const stream = new ServerStream(id, headers, (bytes) => this.#send(bytes));
    stream.onGone = () => this.#streams.delete(id);
    this.#streams.set(id, stream);
    this.#send(synReplyFrame(id, this.#headerWriter.write({})));
    this.onStream(stream);
    if (isLast) stream.remoteEnded();
  }

  #send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }
}

class ServerStream implements SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  onData: (data: Buffer) => void = () => {};
  onEnd: () => void = () => {};
  /** Both sides are done with it. */
  onGone: () => void = () => {};
  readonly #send: (bytes: Buffer) => void;
  #isRemoteOpen = true;
  #isLocalOpen = true;

  constructor(id: number, headers: SpdyHeaders, send: (bytes: Buffer) => void) {
    this.id = id;
    this.headers = headers;
    this.#send = send;
  }

  write(data: Uint8Array): void {
    if (!this.#isLocalOpen) return;
    for (let at = 0; at < data.length; at += dataBytesMax)
      this.#send(dataFrame(this.id, data.subarray(at, at + dataBytesMax)));
  }

  end(): void {
    if (!this.#isLocalOpen) return;
    this.#isLocalOpen = false;
    this.#send(dataFrame(this.id, Buffer.alloc(0), true));
    if (!this.#isRemoteOpen) this.onGone();
  }

  reset(): void {
    if (!this.#isLocalOpen && !this.#isRemoteOpen) return;
    this.#isLocalOpen = false;
    this.#send(resetFrame(this.id, resetStatus.cancel));
    this.remoteEnded();
    this.onGone();
  }

  remoteEnded(): void {
    if (!this.#isRemoteOpen) return;
    this.#isRemoteOpen = false;
    this.onEnd();
    if (!this.#isLocalOpen) this.onGone();
  }
}
