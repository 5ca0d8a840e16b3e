/** Differs from run to run, or from server to server, and says nothing. */
const VOLATILE: ReadonlySet<string> = new Set([
  "raft_term",
  "raftTerm",
  "raftIndex",
  "raftAppliedIndex",
  "dbSize",
  "dbSizeInUse",
  "token",
  "x-raft-term",
  "x-etcd-index",
  "x-raft-index",
]);
const LEASE_IDS = /^\d{16,20}$/;

/** A value without what is volatile; ids and addresses under the names both sides have for them; lists of members by name. */
export function comparable(value: unknown, names: readonly [string, string][]): unknown {
  if (Array.isArray(value)) {
    const items = value.map((each) => comparable(each, names));
    return items.every(isUnordered) ? items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : items;
  }
  if (typeof value === "string") return named(value, names);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    fields.map(([name, each]) => [
      name,
      VOLATILE.has(name) ? "…" : comparable(name === "TTL" ? coarse(each) : each, names),
    ]),
  );
}

/** Of a time that runs: in tens of seconds, up. */
function coarse(seconds: unknown): unknown {
  return Number(seconds) > 10 ? String(Math.ceil(Number(seconds) / 10) * 10) : seconds;
}

/** A member, or an alarm. */
interface Unordered {
  readonly name?: string;
  readonly memberID?: string;
}

function isUnordered(item: unknown): item is Unordered {
  return typeof item === "object" && item !== null && ("peerURLs" in item || "memberID" in item);
}

function keyOf({ name, memberID }: Unordered): string {
  return name ?? memberID ?? "";
}

/** Checks of health come in any order. */
function sortedChecks(text: string): string {
  return text.startsWith("[") ? text.split("\n").toSorted().join("\n") : text;
}

/** Of a longer text its beginning and its length are told. */
const LONG = 300;

function named(text: string, names: readonly [string, string][]): string {
  const known = names.reduce((result, [id, name]) => result.replaceAll(id, name), sortedChecks(text));
  const told = known
    .replaceAll("\u00a0", " ")
    .replace(/3\.6\.\d+/g, "3.6.x")
    .replace(LEASE_IDS, "some id");
  return told.length > LONG ? `${told.slice(0, LONG)}… (${told.length})` : told;
}

const SHOWN_MAX = 200;

/** One line for each place where two values differ. */
export function differences(ours: unknown, theirs: unknown, path = ""): string[] {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  const areBoth = typeof ours === "object" && typeof theirs === "object" && ours !== null && theirs !== null;
  if (!areBoth || Array.isArray(ours) !== Array.isArray(theirs))
    return [`${path || "all of it"}: ours ${shown(ours)} | theirs ${shown(theirs)}`];
  const [left, right] = [ours, theirs] as Record<string, unknown>[];
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  return [...names].flatMap((name) => differences(left?.[name], right?.[name], `${path}.${name}`));
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, SHOWN_MAX);
}
