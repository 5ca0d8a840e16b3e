import { posix } from "node:path";

/** As whose links are told apart: those of the page's own host, by either of its names, lead through the proxy. */
export interface ProxiedPage {
  /** The path, as in a URL, that stands before every path of the server behind. */
  readonly prefix: string;
  /** host:port of the server behind. */
  readonly targetHost: string;
  /** The Host that the client asked. */
  readonly requestHost: string;
}

const URL_PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/(?<authority>[^/?#]*))?(?<path>[^?#]*)(?<rest>.*)$/s;

/** A link of a page, as a client that sees the page through the proxy must follow it. Relative ones and those elsewhere stay. */
export function proxiedLink(link: string, { prefix, targetHost, requestHost }: ProxiedPage): string {
  const { scheme = "", authority = "", path = "", rest = "" } = URL_PARTS.exec(link)?.groups ?? {};
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const isElsewhere = host !== "" && host !== targetHost && host !== requestHost;
  if (isElsewhere || !path.startsWith("/")) return link;
  const origin = host !== "" && host === requestHost ? `${scheme}//${authority}` : "";
  if (path.startsWith(prefix)) return `${origin}${path}${rest}`;
  return `${origin}${posix.join(prefix, path)}${rest}`;
}

/** A path as URLs write it, by Go's rules of what needs escaping. */
export function escapePath(path: string): string {
  return encodeURIComponent(path)
    .replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
