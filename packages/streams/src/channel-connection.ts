/** One command's input and output, over whatever carries it. Handlers are set before the event loop turns; output is sent in order. */
export interface ChannelConnection {
  onStdin: (data: Buffer) => void;
  onStdinClosed: () => void;
  onResize: (width: number, height: number) => void;
  /** The client went away, or `close` was called. */
  onClose: () => void;
  sendStdout(data: Uint8Array): void;
  sendStderr(data: Uint8Array): void;
  /** The outcome: a metav1.Status, on the error channel. */
  sendStatus(status: object): void;
  readonly isCongested: boolean;
  whenDrained(callback: () => void): void;
  /** No input is read until it is resumed. */
  pauseInput(): void;
  resumeInput(): void;
  close(): void;
}

/** A terminal's size as clients send it; undefined for anything else, which is not worth a connection. */
export function parseTerminalSize(text: string): { width: number; height: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    if (typeof Width === "number" && typeof Height === "number" && Width > 0 && Height > 0)
      return { width: Width, height: Height };
  } catch {
    // Malformed.
  }
  return undefined;
}
