import type { PeerCertificate } from "node:tls";
import type { UserInfo } from "./user-info.ts";

/** The user a verified certificate speaks for: the common name, and the organizations as groups. Undefined without a common name. */
export function userOfCertificate(certificate: Pick<PeerCertificate, "subject"> | undefined): UserInfo | undefined {
  const subject = certificate?.subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const name = toList(subject?.CN)[0];
  if (!name) return undefined;
  return { name, groups: [...toList(subject?.O), "system:authenticated"] };
}

function toList(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
