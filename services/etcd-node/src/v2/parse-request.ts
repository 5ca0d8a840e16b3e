import { posix } from "node:path";
import { V2Error } from "./errors.ts";

/** A request for keys, as its path and its form say. */
export interface V2Request {
  readonly method: string;
  /** Clean: begins with a slash, ends with none; empty for the root. */
  readonly path: string;
  readonly value: string;
  readonly dir: boolean;
  readonly prevValue: string;
  readonly prevIndex: number;
  readonly prevExist: boolean | undefined;
  readonly isWait: boolean;
  readonly waitIndex: number;
  readonly recursive: boolean;
  readonly isSorted: boolean;
  readonly isQuorum: boolean;
  readonly isStream: boolean;
  readonly refresh: boolean;
  readonly hidesValue: boolean;
  readonly ttlSeconds: number | undefined;
}

/** Throws V2Error. `path` is what follows `/v2/keys`, decoded. */
export function parseV2Request(method: string, path: string, form: URLSearchParams): V2Request {
  const boolean = (name: string) => parseBoolean(form, name) ?? false;
  const prevIndex = parseIndex(form, "prevIndex");
  const waitIndex = parseIndex(form, "waitIndex");
  const recursive = boolean("recursive");
  const isSorted = boolean("sorted");
  const isWait = boolean("wait");
  const dir = boolean("dir");
  const isQuorum = boolean("quorum");
  const isStream = boolean("stream");
  if (isWait && method !== "GET") throw new V2Error(209, '"wait" can only be used with GET requests', 0);
  const prevValue = form.get("prevValue");
  if (prevValue === "") throw new V2Error(201, '"prevValue" cannot be empty', 0);
  const hidesValue = boolean("noValueOnSuccess");
  const ttlSeconds = parseTtl(form);
  const prevExist = parseBoolean(form, "prevExist", "prevExist");
  const refresh = parseBoolean(form, "refresh", "refresh") ?? false;
  const value = form.get("value") ?? "";
  if (refresh && value !== "") throw new V2Error(211, "A value was provided on a refresh", 0);
  if (refresh && ttlSeconds === undefined) throw new V2Error(212, "No TTL value set", 0);
  return {
    method,
    path: cleanPath(path),
    value,
    dir,
    prevValue: prevValue ?? "",
    prevIndex,
    prevExist,
    isWait,
    waitIndex,
    recursive,
    isSorted,
    isQuorum,
    isStream,
    refresh,
    hidesValue,
    ttlSeconds,
  };
}

function cleanPath(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/\/$/, "");
  return clean === "/" ? "" : clean;
}

/** `shown` is how an error names it: upstream quotes most names, not all. */
function parseBoolean(form: URLSearchParams, name: string, shown = `"${name}"`): boolean | undefined {
  const text = form.get(name);
  if (text === null) return undefined;
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new V2Error(209, `invalid value for ${shown}`, 0);
}

function parseIndex(form: URLSearchParams, name: string): number {
  const text = form.get(name);
  if (text === null) return 0;
  if (!/^\d+$/.test(text)) throw new V2Error(203, `invalid value for "${name}"`, 0);
  return Number(text);
}

/** An empty one is none: that is how a TTL is taken away. */
function parseTtl(form: URLSearchParams): number | undefined {
  const text = form.get("ttl") ?? "";
  if (text === "") return undefined;
  if (!/^\d+$/.test(text)) throw new V2Error(202, 'invalid value for "ttl"', 0);
  return Number(text);
}
