import type { V1FlowSchema } from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { PriorityLevel } from "./priority-level.ts";
import type { RejectionReason } from "./queueing/queue-set.ts";
import type { WorkEstimate } from "./work/work-estimate.ts";

/** What a FlowSchema sends to a level, and how much of it there was. Kept while the server runs, so that counters never go back. */
export interface Flow {
  readonly schemaName: string;
  schemaUid: string;
  distinguishes: "ByUser" | "ByNamespace" | undefined;
  readonly level: PriorityLevel;
  dispatched: number;
  executing: number;
  executingSeats: number;
  waiting: number;
  waitingSeats: number;
  readonly rejected: Map<RejectionReason, number>;
}

/** One request, as debugging shows it. */
export interface FlowRequest {
  readonly flow: Flow;
  readonly distinguisher: string;
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly work: WorkEstimate;
  readonly arrivedAtMs: number;
  /** When it had its seat. */
  startedAtMs: number;
}

export function createFlow(schemaName: string, level: PriorityLevel): Flow {
  const counts = { dispatched: 0, executing: 0, executingSeats: 0, waiting: 0, waitingSeats: 0, rejected: new Map() };
  return { schemaName, schemaUid: "", distinguishes: undefined, level, ...counts };
}

export function distinguishesBy({ spec }: V1FlowSchema): Flow["distinguishes"] {
  const type = spec?.distinguisherMethod?.type;
  return type === "ByUser" || type === "ByNamespace" ? type : undefined;
}

/** What tells the flows of one schema apart. */
export function distinguisherOf({ distinguishes }: Flow, user: UserInfo, info: RequestInfo): string {
  if (distinguishes === "ByUser") return user.name;
  return distinguishes === "ByNamespace" ? info.namespace : "";
}

/** The most seats that a request has at any time. */
export function seatsOf({ work }: FlowRequest): number {
  return Math.max(work.initialSeats, work.finalSeats);
}
