import type { Socket } from "node:net";
import { PREFACE } from "@drydock/http2";

export type HttpVersion = "1.1" | "2";

/** No request of HTTP/1.1 begins with these octets: `PRI` is a method that RFC 9113 keeps free. */
const MARK = PREFACE.subarray(0, 4);

/**
 * Tells by the first octets of a connection which HTTP is spoken on it, and hands them over, the socket paused. A client that says nothing in
 * time is hung up on.
 */
export function sniff(
  socket: Socket,
  timeoutMs: number,
  onVersion: (version: HttpVersion, head: Buffer) => void,
): void {
  let head: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = head.length > 0 ? Buffer.concat([head, chunk]) : chunk;
    const mark = head.subarray(0, MARK.length);
    const isLikely = mark.equals(MARK.subarray(0, mark.length));
    if (isLikely && mark.length < MARK.length) return;
    stopListening();
    socket.pause();
    onVersion(isLikely ? "2" : "1.1", head);
  };
  const onGone = (): void => {
    stopListening();
    socket.destroy();
  };
  const stopListening = (): void => {
    clearTimeout(timer);
    socket.off("data", onData);
    for (const event of ["error", "end", "close"]) socket.off(event, onGone);
  };
  const timer = setTimeout(onGone, timeoutMs);
  for (const event of ["error", "end", "close"]) socket.on(event, onGone);
  socket.on("data", onData);
}
