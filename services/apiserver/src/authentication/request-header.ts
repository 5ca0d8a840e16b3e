import type { IncomingHttpHeaders } from "node:http";
import type { CertificateTrust } from "./certificate-trust.ts";
import type { UserInfo } from "./user-info.ts";

/** How a proxy in front of the server says whom it speaks for. */
export interface RequestHeaderNames {
  readonly username: readonly string[];
  readonly uid: readonly string[];
  readonly group: readonly string[];
  readonly extraPrefix: readonly string[];
}

/** Headers are believed from those whom `trust` vouches for, and of them only `allowedNames`, unless that is empty. */
export interface FrontProxy {
  readonly trust: () => CertificateTrust;
  readonly allowedNames: readonly string[];
  readonly names: RequestHeaderNames;
}

export type RawHeader = readonly [name: string, value: string];

/** Undefined when no user is named. Names of headers are in lower case. */
export function userOfHeaders(names: RequestHeaderNames, headers: readonly RawHeader[]): UserInfo | undefined {
  const valuesOf = (wanted: readonly string[]) =>
    wanted.flatMap((name) => headers.filter(([header]) => header === name.toLowerCase()).map(([, value]) => value));
  const name = valuesOf(names.username).find((value) => value !== "");
  if (name === undefined) return undefined;
  const uid = valuesOf(names.uid).find((value) => value !== "");
  const extra: Record<string, string[]> = {};
  for (const prefix of names.extraPrefix)
    for (const [header, value] of headers)
      if (prefix !== "" && header.startsWith(prefix.toLowerCase())) {
        const key = unescapeKey(header.slice(prefix.length));
        extra[key] = [...(extra[key] ?? []), value];
      }
  return {
    name,
    ...(uid && { uid }),
    groups: valuesOf(names.group),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** Keys of extra values are percent-encoded where a header's name could not hold them. */
export function unescapeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The headers as they came, one pair a value. */
export function rawHeadersOf(rawHeaders: readonly string[] | undefined, headers: IncomingHttpHeaders): RawHeader[] {
  if (!rawHeaders) return Object.entries(headers).map(([name, value]) => [name, String(value ?? "")]);
  const pairs: RawHeader[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    pairs.push([(rawHeaders[index] as string).toLowerCase(), rawHeaders[index + 1] as string]);
  return pairs;
}
