import type { LoadConnection, StreamEvents } from "../../load/load-connection.ts";
import { type LoadResult, runCalls } from "../../load/run-load.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import type { Plane } from "../plane.ts";
import { podOf, podsPath } from "../pods.ts";
import { expectOnce, fieldsOf } from "../rest.ts";
import { DURATION_MS, pause, WARM_UP_MS } from "./timing.ts";

/** Where calls that write leave their pods. */
export const SCRATCH = "scratch";
let made = 0;

export function createRow(concurrency: number): Row<Plane> {
  return {
    name: `create a pod, ${concurrency} in flight`,
    unit: "/s",
    isMoreBetter: true,
    measure: (plane) =>
      measured(plane, concurrency, "http-201", (connection, _number, events) => {
        const pod = Buffer.from(JSON.stringify(podOf(SCRATCH, `c${made++}`)));
        connection.request(fieldsOf(plane.target, "POST", podsPath(SCRATCH), true), pod, events);
      }),
  };
}

/** Each place changes a pod of its own with a merge patch, as a controller changes a status. */
export function patchRow(concurrency: number): Row<Plane> {
  return {
    name: `patch a pod's label, ${concurrency} in flight`,
    unit: "/s",
    isMoreBetter: true,
    async measure(plane) {
      const prefix = `u${made++}-`;
      await addPods(plane, concurrency, prefix);
      return measured(plane, concurrency, "http-200", (connection, number, events) => {
        const body = Buffer.from(JSON.stringify({ metadata: { labels: { turn: `t${number}` } } }));
        const fields = fieldsOf(
          plane.target,
          "PATCH",
          `${podsPath(SCRATCH)}/${prefix}${number % concurrency}`,
          true,
        ).map(([name, value]) => [name, name === "content-type" ? "application/merge-patch+json" : value] as const);
        connection.request(fields, body, events);
      });
    },
  };
}

export function getRow(namespace: string, pods: number, concurrency: number): Row<Plane> {
  return {
    name: `get one of ${pods.toLocaleString("en-US")} pods, ${concurrency} in flight`,
    unit: "/s",
    isMoreBetter: true,
    measure: (plane) =>
      measured(plane, concurrency, "http-200", (connection, number, events) =>
        connection.request(
          fieldsOf(plane.target, "GET", `${podsPath(namespace)}/p${(number * 7919) % pods}`),
          undefined,
          events,
        ),
      ),
  };
}

/** The p99 of gets, one at a time, while others create as fast as they are let. */
export function getUnderWritesRow(namespace: string, pods: number): Row<Plane> {
  return {
    name: "p99 of a get while 16 create",
    unit: " ms",
    isMoreBetter: false,
    async measure(plane) {
      const writing = createRow(16).measure(plane);
      const reading = await getRow(namespace, pods, 1).measure(plane);
      await writing;
      return { ...reading, value: reading.p99Ms ?? Number.NaN };
    },
  };
}

async function measured(
  plane: Plane,
  concurrency: number,
  success: string,
  call: (connection: LoadConnection, number: number, events: StreamEvents) => void,
): Promise<Measurement> {
  const cpuBefore = plane.cpuSeconds();
  const result = await runCalls({
    open: plane.open,
    call,
    success,
    concurrency,
    connections: Math.min(concurrency, 4),
    durationMs: DURATION_MS,
    warmUpMs: WARM_UP_MS,
  });
  return measurementOf(result, plane.cpuSeconds() - cpuBefore);
}

function measurementOf({ callsPerSecond, latencyMs, errors }: LoadResult, cpuSeconds: number): Measurement {
  const wholeSeconds = (DURATION_MS + WARM_UP_MS) / 1000;
  return {
    value: callsPerSecond,
    p50Ms: latencyMs.p50,
    p99Ms: latencyMs.p99,
    cpuMicros: (cpuSeconds * 1e6) / (callsPerSecond * wholeSeconds),
    errors,
  };
}

async function addPods(plane: Plane, count: number, prefix: string): Promise<void> {
  const connection = await plane.open();
  for (let number = 0; number < count; number++)
    await expectOnce(connection, plane.target, "POST", podsPath(SCRATCH), podOf(SCRATCH, `${prefix}${number}`));
  connection.close();
  await pause(200);
}
