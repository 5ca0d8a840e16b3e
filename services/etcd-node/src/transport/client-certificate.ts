import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** The subject's common name of the certificate that the client has shown and that was verified. */
export function commonNameOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: string | string[] | undefined = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}
