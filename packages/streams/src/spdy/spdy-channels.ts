import { type ChannelConnection, parseTerminalSize } from "../channel-connection.ts";
import type { SpdyConnection, SpdyStream } from "./spdy-connection.ts";

/** Kubernetes' remote-command protocols over SPDY, newest first. v5 differs only over WebSocket. */
export const spdyChannelProtocols = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
] as const;

const STREAMS_TIMEOUT_MS = 30_000;

/** What the client said in its request: it opens one stream for each, and one for errors. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Waits for the client's streams. Rejects when they do not all come within 30 s or the connection ends first. */
export function collectSpdyChannels(
  connection: SpdyConnection,
  protocol: string,
  wanted: WantedStreams,
): Promise<ChannelConnection> {
  const missing = new Set<string>(["error"]);
  for (const name of ["stdin", "stdout", "stderr"] as const) if (wanted[name]) missing.add(name);
  // A terminal has one output, and since v3 a size.
  if (wanted.tty) missing.delete("stderr");
  if (wanted.tty && /^v[34]\./.test(protocol)) missing.add("resize");
  const streams = new Map<string, SpdyStream>();
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      connection.close();
      reject(new Error(why));
    };
    const timer = setTimeout(
      () => fail(`timed out waiting for client to create streams: ${[...missing].join(", ")}`),
      STREAMS_TIMEOUT_MS,
    );
    const channels = new SpdyChannels(connection, protocol, streams);
    connection.onClose = () => fail("the client went away");
    connection.onStream = (stream) => {
      const type = stream.headers["streamtype"] ?? "";
      if (!missing.delete(type)) return stream.reset();
      streams.set(type, stream);
      channels.adopt(type, stream);
      if (missing.size > 0) return;
      clearTimeout(timer);
      connection.onStream = (unexpected) => unexpected.reset();
      connection.onClose = () => channels.onClose();
      resolve(channels);
      setImmediate(() => channels.release());
    };
  });
}

class SpdyChannels implements ChannelConnection {
  onStdin: (data: Buffer) => void = () => {};
  onStdinClosed: () => void = () => {};
  onResize: (width: number, height: number) => void = () => {};
  onClose: () => void = () => {};
  readonly #connection: SpdyConnection;
  readonly #streams: ReadonlyMap<string, SpdyStream>;
  /** v4 tells the outcome as a Status; older ones as text, and only failures. */
  readonly #hasStatus: boolean;
  /** What came before the handlers were set; undefined once they are. */
  #held: (() => void)[] | undefined = [];

  constructor(connection: SpdyConnection, protocol: string, streams: ReadonlyMap<string, SpdyStream>) {
    this.#connection = connection;
    this.#streams = streams;
    this.#hasStatus = protocol.startsWith("v4.");
  }

  adopt(type: string, stream: SpdyStream): void {
    if (type === "stdin") {
      stream.onData = (data) => this.#deliver(() => this.onStdin(data));
      stream.onEnd = () => this.#deliver(() => this.onStdinClosed());
    }
    // Each size is a JSON document of its own in one frame.
    if (type === "resize") stream.onData = (data) => this.#deliver(() => this.#resize(data));
  }

  /** The handlers are set. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) event();
  }

  get isCongested(): boolean {
    return this.#connection.isCongested;
  }

  whenDrained(callback: () => void): void {
    this.#connection.whenDrained(callback);
  }

  pauseInput(): void {
    this.#connection.pause();
  }

  resumeInput(): void {
    this.#connection.resume();
  }

  sendStdout(data: Uint8Array): void {
    this.#streams.get("stdout")?.write(data);
  }

  sendStderr(data: Uint8Array): void {
    this.#streams.get("stderr")?.write(data);
  }

  sendStatus(status: object): void {
    const text = this.#hasStatus ? JSON.stringify(status) : "message" in status ? String(status.message) : "";
    if (text !== "") this.#streams.get("error")?.write(Buffer.from(text));
  }

  /** Ends each stream, so that the client sees the end of all output, then the connection. */
  close(): void {
    for (const stream of this.#streams.values()) stream.end();
    this.#connection.close();
  }

  #deliver(event: () => void): void {
    if (this.#held) this.#held.push(event);
    else event();
  }

  #resize(data: Buffer): void {
    for (const line of data.toString("utf8").split("\n")) {
      const size = parseTerminalSize(line);
      if (size) this.onResize(size.width, size.height);
    }
  }
}
