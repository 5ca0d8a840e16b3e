const PREFIX = "base64url.bearer.authorization.k8s.io.";

export interface ProtocolToken {
  /** As an Authorization header says it; one that cannot be read is as good as a wrong one. */
  readonly authorization: string;
  /** The other protocols that the client offers. */
  readonly others: string;
}

/** The bearer token that a browser hides among the subprotocols of a WebSocket, as it cannot set headers. Another protocol must stand beside it. */
export function tokenOfProtocols(offered: string): ProtocolToken | undefined {
  const names = offered.split(",").map((name) => name.trim());
  const tokens = names.filter((name) => name.startsWith(PREFIX)).map((name) => decode(name.slice(PREFIX.length)));
  const [token] = tokens;
  if (token === "" || tokens.length === 0) return undefined;
  const others = names.filter((name) => !name.startsWith(PREFIX));
  const isSound = token !== undefined && tokens.length === 1 && others.length > 0;
  return { authorization: isSound ? `Bearer ${token}` : "Bearer", others: others.join(", ") };
}

/** Undefined for what is no text in base64url without padding. */
function decode(text: string): string | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Buffer.from(text, "base64url");
  const token = bytes.toString("utf8");
  return Buffer.from(token).equals(bytes) ? token : undefined;
}
