import type { RequestInfo } from "../../http/request-info.ts";

/** What a request is taken to cost (KEP-1040): seats while it is worked on, and seats for a while after its end, for those who watch. */
export interface WorkEstimate {
  readonly initialSeats: number;
  readonly finalSeats: number;
  readonly additionalMs: number;
}

/** How many objects of a kind there are and how large they are. */
export interface ObjectStats {
  readonly count: number;
  readonly averageBytes: number;
}

export interface WorkPorts {
  /** Undefined for what this server does not have itself. */
  statsOf(info: RequestInfo): ObjectStats | undefined;
  /** How many will be told of a change. */
  watchersOf(info: RequestInfo): number;
}

const LEAST: WorkEstimate = { initialSeats: 1, finalSeats: 0, additionalMs: 0 };
const LIST_SEATS_MAX = 100;
const MUTATING_SEATS_MAX = 10;
const BYTES_PER_SEAT = 100_000;
/** Lists that come from the cache are written piece by piece. */
const CACHED_BYTES_MAX = 1_000_000;
const WATCHES_PER_SEAT = 10;
const EVENT_MS = 5;

const MUTATING: ReadonlySet<string> = new Set(["create", "update", "patch", "delete"]);

/** As upstream's work estimators; `maxSeats` is the most that a request of its level may have, 0 for no such bound. */
export function estimateWork(
  info: RequestInfo,
  query: URLSearchParams,
  maxSeats: number,
  ports: WorkPorts,
): WorkEstimate {
  if (!info.isResourceRequest) return LEAST;
  if (info.verb === "list") return estimateList(info, query, maxSeats, ports);
  if (info.verb === "watch" && query.get("sendInitialEvents") === "true")
    return estimateList(info, query, maxSeats, ports);
  return MUTATING.has(info.verb) ? estimateWrite(info, maxSeats, ports) : LEAST;
}

function estimateList(info: RequestInfo, query: URLSearchParams, maxSeats: number, ports: WorkPorts): WorkEstimate {
  const stats = ports.statsOf(info);
  if (!stats) return LEAST;
  const { count, averageBytes } = stats;
  const wanted = Number(query.get("limit") ?? 0);
  const limited = wanted > 0 ? Math.min(wanted, count) : count;
  const isCached = info.verb === "watch" || !comesFromStore(query);
  const isSelective = (query.get("fieldSelector") ?? "") !== "" || (query.get("labelSelector") ?? "") !== "";
  let loaded = limited;
  // One that is named is got, not looked for.
  if (info.name !== "") loaded = 1;
  else if (!isCached && isSelective) loaded = Math.max(limited, Math.floor(count / 2));
  const bytes = loaded * averageBytes;
  const atOnce = isCached ? Math.min(bytes, CACHED_BYTES_MAX) : bytes;
  const most = maxSeats === 0 ? LIST_SEATS_MAX : Math.min(maxSeats, LIST_SEATS_MAX);
  return { ...LEAST, initialSeats: Math.min(most, Math.max(1, Math.ceil(atOnce / BYTES_PER_SEAT))) };
}

/** Pages and exact versions are the store's; what is wanted as it is now comes from the cache. */
function comesFromStore(query: URLSearchParams): boolean {
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  if (match === "Exact") return true;
  if (match === "NotOlderThan") return false;
  if (match !== "") return true;
  if ((query.get("continue") ?? "") !== "") return true;
  return Number(query.get("limit") ?? 0) > 0 && version !== "" && version !== "0";
}

function estimateWrite(info: RequestInfo, maxSeats: number, ports: WorkPorts): WorkEstimate {
  const watchers = ports.watchersOf(info);
  if (watchers < WATCHES_PER_SEAT) return LEAST;
  const wanted = Math.ceil(watchers / WATCHES_PER_SEAT);
  const most = maxSeats === 0 ? MUTATING_SEATS_MAX : Math.min(maxSeats, MUTATING_SEATS_MAX);
  const finalSeats = Math.min(wanted, most);
  // The same work with fewer seats takes longer.
  return { initialSeats: 1, finalSeats, additionalMs: (wanted * EVENT_MS) / finalSeats };
}
