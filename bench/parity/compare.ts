import { parseExactJson, stringifyJson } from "@drydock/apimachinery";

/** Differs from run to run, or from server to server, and says nothing. */
const VOLATILE: ReadonlySet<string> = new Set([
  "authentication.kubernetes.io/credential-id",
  "clusterIP",
  "clusterIPs",
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "creationTimestamp",
  "deletionTimestamp",
  "lastTransitionTime",
  "nodePort",
  "resourceVersion",
  "serverAddress",
  "serverRelativeURL",
  "time",
  "uid",
]);
const SHOWN_MAX = 200;

/** A JSON value without what is volatile, its fields in order. Text that is no JSON stays as it is. */
export function comparable(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return withoutVolatile(parseExactJson(text));
  } catch {
    return text;
  }
}

function withoutVolatile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).sort();
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, VOLATILE.has(name) ? "…" : withoutVolatile(fields[name])]));
}

/** One line for each place where two values differ. */
export function differences(ours: unknown, theirs: unknown, path = ""): string[] {
  if (stringifyJson(ours) === stringifyJson(theirs)) return [];
  const areBoth = typeof ours === "object" && typeof theirs === "object" && ours !== null && theirs !== null;
  if (!areBoth || Array.isArray(ours) !== Array.isArray(theirs))
    return [`${path || "all of it"}: ours ${shown(ours)} | theirs ${shown(theirs)}`];
  const [left, right] = [ours, theirs] as Record<string, unknown>[];
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  return [...names].flatMap((name) => differences(left?.[name], right?.[name], `${path}.${name}`));
}

function shown(value: unknown): string {
  return (stringifyJson(value) ?? "nothing").slice(0, SHOWN_MAX);
}
