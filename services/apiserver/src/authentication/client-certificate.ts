import { createHash } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { UserInfo } from "./user-info.ts";

export type CertificateSubject = Pick<PeerCertificate, "subject"> & { readonly raw?: Buffer };

/** The part of a subject that is the user's uid (KEP-4218). */
const UID = "1.3.6.1.4.1.57683.2";

const known = new WeakMap<CertificateSubject, UserInfo | undefined>();

/** The user a verified certificate speaks for: the common name, and the organizations as groups. Undefined without a common name. */
export function userOfCertificate(certificate: CertificateSubject | undefined): UserInfo | undefined {
  if (!certificate) return undefined;
  // A connection shows the same one with every request.
  if (!known.has(certificate)) known.set(certificate, readUser(certificate));
  return known.get(certificate);
}

function readUser(certificate: CertificateSubject): UserInfo | undefined {
  const subject = certificate.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = commonNameOf(certificate);
  if (!name) return undefined;
  const uids = toList((subject as Record<string, string | string[]>)[UID]);
  // Whose certificate names two is nobody.
  if (uids.length > 1) return undefined;
  const id = certificate.raw && `X509SHA256=${createHash("sha256").update(certificate.raw).digest("hex")}`;
  return {
    name,
    ...(uids[0] && { uid: uids[0] }),
    groups: [...toList(subject?.O), "system:authenticated"],
    ...(id && { extra: { "authentication.kubernetes.io/credential-id": [id] } }),
  };
}

export function commonNameOf(certificate: CertificateSubject | undefined): string | undefined {
  return toList((certificate?.subject as { CN?: string | string[] } | undefined)?.CN)[0];
}

function toList(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
