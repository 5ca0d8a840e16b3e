import type { ForwardedConnection } from "../forwarded-connection.ts";
import type { SpdyConnection, SpdyStream } from "./spdy-connection.ts";

export const portForwardProtocol = "portforward.k8s.io";

const PAIR_TIMEOUT_MS = 30_000;

/**
 * Joins the two streams that a client opens for each connection (`streamtype` error and data, the same `requestID`) and hands them on.
 * A stream without its partner is given up after 30 s, a nonsensical one at once.
 */
export function onForwardedConnection(
  connection: SpdyConnection,
  onPair: (forwarded: ForwardedConnection) => void,
): void {
  const waiting = new Map<string, { stream: SpdyStream; timer: NodeJS.Timeout }>();
  connection.onStream = (stream) => {
    const type = stream.headers["streamtype"];
    const port = Number(stream.headers["port"]);
    const isSound = (type === "error" || type === "data") && Number.isInteger(port) && port > 0 && port < 65_536;
    if (!isSound) return stream.reset();
    // Clients older than request ids open the data stream right after its error stream.
    const id = stream.headers["requestid"] ?? String(type === "error" ? stream.id : stream.id - 2);
    const partner = waiting.get(id);
    if (!partner) {
      const timer = setTimeout(() => {
        waiting.delete(id);
        stream.reset();
      }, PAIR_TIMEOUT_MS);
      timer.unref();
      waiting.set(id, { stream, timer });
      return;
    }
    waiting.delete(id);
    clearTimeout(partner.timer);
    if (partner.stream.headers["streamtype"] === type) return stream.reset();
    const [error, data] = type === "data" ? [partner.stream, stream] : [stream, partner.stream];
    onPair({ port, data, error });
  };
}
