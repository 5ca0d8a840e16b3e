import { badRequest } from "@drydock/apimachinery";
import type { Revision } from "../storage/storage.ts";

/** Where a paged list goes on: at one revision, from one key below the prefix. */
export interface ContinueToken {
  /** `newestRevision` goes on with whatever is there by now: for who was told that the list's own revision is gone. */
  readonly revision: Revision;
  /** First key of the next page, relative to the list's prefix. */
  readonly startKey: string;
}

export const newestRevision = -1;

const tokenVersion = "meta.k8s.io/v1";

export function encodeContinueToken(token: ContinueToken): string {
  const text = JSON.stringify({ v: tokenVersion, rv: token.revision, start: token.startKey });
  return Buffer.from(text).toString("base64url");
}

/** Throws a 400 in upstream's words for what is no token. */
export function decodeContinueToken(text: string): ContinueToken {
  const { v, rv, start } = parseToken(text);
  if (v !== tokenVersion) throw bad(`: server does not recognize this encoded version ${v}`);
  if (rv === 0) throw bad(`: incorrect encoded start resourceVersion (version ${tokenVersion})`);
  if (start === "") throw bad(`: encoded start key empty (version ${tokenVersion})`);
  // A token must not lead out of its list.
  const path = start.startsWith("/") ? start : `/${start}`;
  if (!isClean(path)) throw bad(`: ${start}`);
  return { revision: rv, startKey: path.slice(1) };
}

function bad(why: string) {
  return badRequest(`invalid continue token: continue key is not valid${why}`);
}

function parseToken(text: string): { v: string; rv: number; start: string } {
  const illegal = /[^A-Za-z0-9_-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (illegal !== undefined) throw bad(`: illegal base64 data at input byte ${illegal}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    throw bad(": invalid character looking for beginning of value");
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw bad(": json: cannot unmarshal value into Go value of type storage.continueToken");
  }
  const { v = "", rv = 0, start = "" } = (value ?? {}) as Record<string, unknown>;
  const isSound = typeof v === "string" && Number.isSafeInteger(rv) && typeof start === "string";
  if (!isSound) throw bad(": json: cannot unmarshal value into Go struct field of continueToken");
  return { v, rv: rv as number, start };
}

/** No empty, `.` or `..` segments, as Go's path.Clean would take away. */
function isClean(path: string): boolean {
  return (
    path.length > 1 &&
    path
      .slice(1)
      .split("/")
      .every((part) => part !== "" && part !== "." && part !== "..")
  );
}
