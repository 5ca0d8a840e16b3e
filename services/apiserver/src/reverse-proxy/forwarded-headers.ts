import type { OutgoingHttpHeaders } from "node:http";

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Of a client's headers those that go on: none that concern this connection alone, and none that say who asks. */
export function forwardedHeaders(headers: Readonly<OutgoingHttpHeaders>): OutgoingHttpHeaders {
  const ofConnection = namedByConnection(headers);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => {
      if (HOP_BY_HOP.has(name) || ofConnection.has(name) || name.startsWith(":")) return false;
      if (name === "host" || name === "authorization") return false;
      return !name.startsWith("x-remote-") && !name.startsWith("impersonate-");
    }),
  );
}

/** Of an answer's headers those that go back. */
export function answeredHeaders(headers: Readonly<OutgoingHttpHeaders>): [string, number | string | string[]][] {
  const ofConnection = namedByConnection(headers);
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || HOP_BY_HOP.has(name) || ofConnection.has(name)
      ? []
      : [[name, value as number | string | string[]]],
  );
}

/** RFC 9110 §7.6.1: who sends a header for this connection alone names it there. */
function namedByConnection({ connection }: Readonly<OutgoingHttpHeaders>): ReadonlySet<string> {
  return new Set(
    String(connection ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase()),
  );
}
