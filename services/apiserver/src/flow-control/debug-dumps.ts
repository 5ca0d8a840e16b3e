import { genericNotFoundPath } from "@drydock/apimachinery";
import { respondText } from "../http/respond.ts";
import type { PathHandler } from "../http/route.ts";
import type { FlowRequest } from "./flow.ts";
import type { FlowControl } from "./flow-control.ts";
import { renderRows } from "./render-rows.ts";

const PREFIX = "/debug/api_priority_and_fairness/";

type Rows = readonly (readonly string[])[];

/** What waits and what is worked on, as text: /debug/api_priority_and_fairness/dump_…. */
export function createDebugDumps(control: FlowControl): PathHandler {
  const dumps: Readonly<Record<string, (hasDetails: boolean) => Rows>> = {
    dump_priority_levels: () => levelRows(control),
    dump_queues: () => queueRows(control),
    dump_requests: (hasDetails) => requestRows(control, hasDetails),
  };
  return {
    handles: (path) => path.startsWith(PREFIX),
    async serve(exchange) {
      const dump = dumps[exchange.path.slice(PREFIX.length)];
      if (!dump) throw genericNotFoundPath();
      respondText(exchange, 200, renderRows(dump((exchange.query.get("includeRequestDetails") ?? "") !== "")));
    },
  };
}

function levelRows({ levels }: FlowControl): Rows {
  const head = [
    "PriorityLevelName",
    "ActiveQueues",
    "IsIdle",
    "IsQuiescing",
    "WaitingRequests",
    "ExecutingRequests",
    "DispatchedRequests",
    "RejectedRequests",
    "TimedoutRequests",
    "CancelledRequests",
  ];
  const rows = levels.map(({ name, queueSet, isIdle, isQuiescing, running, counts }) => [
    name,
    queueSet.queues.filter(({ waiting }) => waiting.length > 0).length,
    isIdle,
    isQuiescing,
    queueSet.waiting,
    running.size,
    counts.dispatched,
    counts.rejected,
    counts.timedOut,
    counts.cancelled,
  ]);
  return [head, ...rows.map((row) => row.map(String))];
}

function queueRows({ levels }: FlowControl): Rows {
  const head = [
    "PriorityLevelName",
    "Index",
    "PendingRequests",
    "ExecutingRequests",
    "SeatsInUse",
    "NextDispatchR",
    "InitialSeatsSum",
    "MaxSeatsSum",
    "TotalWorkSum",
  ];
  const rows = levels.flatMap(({ name, queueSet }) =>
    queueSet.queues.map(({ waiting, executing, seatsInUse, nextDispatchR }, index) => {
      const seats = waiting.reduce((sum, ticket) => sum + ticket.seats, 0);
      return [
        name,
        index,
        waiting.length,
        executing,
        seatsInUse,
        seatSeconds(nextDispatchR),
        seats,
        seats,
        seatSeconds(seats * queueSet.estimatedSeconds),
      ];
    }),
  );
  return [head, ...rows.map((row) => row.map(String))];
}

function seatSeconds(value: number): string {
  return `${value.toFixed(8)}ss`;
}

const REQUEST_COLUMNS = [
  "PriorityLevelName",
  "FlowSchemaName",
  "QueueIndex",
  "RequestIndexInQueue",
  // Upstream's spelling.
  "FlowDistingsher",
  "ArriveTime",
  "InitialSeats",
  "FinalSeats",
  "AdditionalLatency",
  "StartTime",
];
const DETAIL_COLUMNS = ["UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource"];
const NEVER = "0001-01-01T00:00:00Z";

function requestRows({ levels }: FlowControl, hasDetails: boolean): Rows {
  const head = hasDetails ? [...REQUEST_COLUMNS, ...DETAIL_COLUMNS] : REQUEST_COLUMNS;
  const row = (request: FlowRequest, queue: number, index: number, isRunning: boolean) => {
    const { flow, distinguisher, arrivedAtMs, startedAtMs } = request;
    const start = isRunning ? timeOf(startedAtMs) : NEVER;
    const place = [flow.level.name, flow.schemaName, String(queue), String(index), distinguisher];
    return [...place, timeOf(arrivedAtMs), "1", "0", "0s", start, ...(hasDetails ? detailsOf(request) : [])];
  };
  const rows = levels.flatMap(({ queueSet, running }) => [
    ...queueSet.queues.flatMap(({ waiting }, queue) =>
      waiting.map(({ about }, index) => row(about, queue, index, false)),
    ),
    ...[...running].map((request) => row(request, -1, -1, true)),
  ]);
  return [head, ...rows];
}

function detailsOf({ user, info }: FlowRequest): readonly string[] {
  const { verb, path, namespace, name, group, version, resource, subresource } = info;
  return [
    user.name,
    verb,
    path,
    namespace,
    name,
    group === "" ? version : `${group}/${version}`,
    resource,
    subresource,
  ];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
