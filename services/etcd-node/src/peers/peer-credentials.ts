import type { ClientTls } from "@drydock/http2";
import { ChannelCredentials, credentials } from "@grpc/grpc-js";

/** What a member shows to the peers that it connects to, and whom it takes for one. */
export interface PeerTls extends ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** For a peer at this URL: undefined where its scheme says that there is no TLS. */
export function tlsFor(url: string, tls: PeerTls): PeerTls | undefined {
  return url.startsWith("https:") ? tls : undefined;
}

export function peerCredentials(url: string, tls: PeerTls): ChannelCredentials {
  const found = tlsFor(url, tls);
  if (!found) return credentials.createInsecure();
  const { ca, cert, key, rejectUnauthorized } = found;
  const verify = rejectUnauthorized === undefined ? {} : { rejectUnauthorized };
  return ChannelCredentials.createSsl(ca ?? null, key ?? null, cert ?? null, verify);
}
