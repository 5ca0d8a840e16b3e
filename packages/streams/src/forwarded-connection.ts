/** One direction pair of bytes of a connection to a pod's port. */
export interface ForwardedStream {
  onData: (bytes: Buffer) => void;
  /** The client sends no more, or is gone. */
  onEnd: () => void;
  write(bytes: Uint8Array): void;
  end(): void;
}

/** What all streams of a client come over. */
export interface ForwardCarrier {
  readonly isCongested: boolean;
  whenDrained(callback: () => void): void;
  pause(): void;
  resume(): void;
}

/** A connection that a client wants to a port, with a way to tell it what went wrong. */
export interface ForwardedConnection {
  readonly port: number;
  readonly data: ForwardedStream;
  readonly error: Pick<ForwardedStream, "write" | "end">;
}
