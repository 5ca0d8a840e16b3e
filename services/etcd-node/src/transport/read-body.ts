import type { EventEmitter } from "node:events";

interface Readable extends EventEmitter {
  readonly closed: boolean;
  pause(): unknown;
  resume(): unknown;
}

/** The body of a stream, a chunk at a time: nothing is read before it is asked for. Throws when the client is gone before the end. */
export async function* readBody(stream: Readable): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let hasEnded = false;
  let isGone = stream.closed;
  let wake = (): void => {};
  stream.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    stream.pause();
    wake();
  });
  stream.on("end", () => {
    hasEnded = true;
    wake();
  });
  stream.on("close", () => {
    isGone = true;
    wake();
  });
  for (;;) {
    const chunk = chunks.shift();
    if (chunk) yield chunk;
    else if (hasEnded) return;
    else if (isGone) throw new Error("the client is gone");
    else await asleep();
  }

  function asleep(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      stream.resume();
    });
  }
}
