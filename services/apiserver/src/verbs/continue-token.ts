import { badRequest } from "@drydock/apimachinery";
import type { Revision } from "../storage/storage.ts";

/** Where a paged list goes on: at one revision, from one key below the prefix. */
export interface ContinueToken {
  readonly revision: Revision;
  /** First key of the next page, relative to the list's prefix. */
  readonly startKey: string;
}

const tokenVersion = "meta.k8s.io/v1";

export function encodeContinueToken(token: ContinueToken): string {
  const text = JSON.stringify({ v: tokenVersion, rv: token.revision, start: token.startKey });
  return Buffer.from(text).toString("base64url");
}

export function decodeContinueToken(text: string): ContinueToken {
  const bad = (why: string) => badRequest(`continue key is not valid: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    throw bad("illegal base64 data or JSON");
  }
  const { v, rv, start } = (value ?? {}) as Record<string, unknown>;
  if (v !== tokenVersion) throw bad(`server does not recognize this encoded version ${JSON.stringify(v)}`);
  if (typeof start !== "string" || start === "" || start.includes(".."))
    throw bad("encoded start key empty (version meta.k8s.io/v1)");
  if (typeof rv !== "number" || !Number.isSafeInteger(rv)) throw bad("incorrect encoded start resourceVersion");
  return { revision: rv, startKey: start };
}
