import { NativeMap } from "../values/map-value.ts";
import { EvaluationError, OpaqueValue } from "../values/value.ts";
import { byAllSizes, type Library, overloads } from "./declaration.ts";

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

export class UrlValue extends OpaqueValue {
  readonly typeName = "net.URL";
  readonly parts: UrlParts;

  constructor(parts: UrlParts) {
    super();
    this.parts = parts;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof UrlValue && JSON.stringify(this.parts) === JSON.stringify(other.parts);
  }
}

/** Go's url.ParseRequestURI: absolute URIs and absolute paths. */
export function parseUrl(text: string): UrlValue | undefined {
  if (/[\0- \x7f]/.test(text)) return undefined;
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/.exec(text);
  if (!match) return undefined;
  const [, scheme = "", authority = "", path = "", query = ""] = match;
  if (scheme === "" && !path.startsWith("/")) return undefined;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const isHost = /^(?:\[[^\]]*\]|[^[\]:]*)(?::\d*)?$/.test(host);
  if (!isHost || /%(?![0-9a-fA-F]{2})/.test(path + host)) return undefined;
  return new UrlValue({ scheme: scheme.toLowerCase(), host, path, query });
}

function hostname({ parts: { host } }: UrlValue): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  return bracketed ?? host.replace(/:\d*$/, "");
}

function queryOf({ parts: { query } }: UrlValue): NativeMap {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&").filter((text) => text !== "")) {
    const [name = "", ...rest] = pair.split("=");
    const key = decode(name);
    values.set(key, [...(values.get(key) ?? []), decode(rest.join("="))]);
  }
  return NativeMap.of(values);
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  return /%(?![0-9a-fA-F]{2})/.test(spaced) ? spaced : decodeURIComponent(spaced);
}

function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu, (character) => encodeURIComponent(character));
}

const text = (read: (url: UrlValue) => string) => overloads(["net.URL.(): string"], read);

export const urls: Library = [
  [
    "url",
    overloads(
      ["(string): net.URL"],
      (source: string) => {
        const url = parseUrl(source);
        if (!url)
          throw new EvaluationError(
            `URL parse error during conversion from string: parse ${JSON.stringify(source)}: invalid URI for request`,
          );
        return url;
      },
      byAllSizes,
    ),
  ],
  ["isURL", overloads(["(string): bool"], (source: string) => parseUrl(source) !== undefined, byAllSizes)],
  ["getScheme", text((url) => url.parts.scheme)],
  ["getHost", text((url) => url.parts.host)],
  ["getHostname", text(hostname)],
  ["getPort", text((url) => /:(\d*)$/.exec(url.parts.host.replace(/^\[[^\]]*\]/, ""))?.[1] ?? "")],
  ["getEscapedPath", text((url) => escapedPath(url.parts.path))],
  ["getQuery", overloads(["net.URL.(): map(string, list(string))"], queryOf)],
];
