import type { LoadConnection } from "../../load/load-connection.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import type { Plane } from "../plane.ts";
import { podsPath } from "../pods.ts";
import { expectOnce, fieldsOf } from "../rest.ts";
import { patchRow, SCRATCH } from "./calls.ts";
import { DURATION_MS, pause, WARM_UP_MS } from "./timing.ts";

const STREAMS_A_CONNECTION = 100;

/** Others change pods as fast as they are let; all watchers see all of it. Counts events that arrived. */
export function watchFanOutRow(watchers: number): Row<Plane> {
  return {
    name: `watch, 16 writers → ${watchers.toLocaleString("en-US")} watchers`,
    unit: " events/s",
    isMoreBetter: true,
    async measure(plane): Promise<Measurement> {
      let events = 0;
      const connections = await openWatches(plane, SCRATCH, watchers, (chunk) => {
        // Every event ends with a line feed, and nothing else has one.
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) events++;
      });
      const cpuBefore = plane.cpuSeconds();
      const writing = patchRow(16).measure(plane);
      await pause(WARM_UP_MS);
      const before = events;
      await pause(DURATION_MS);
      const seen = events - before;
      const written = await writing;
      const cpuSeconds = plane.cpuSeconds() - cpuBefore;
      for (const connection of connections) connection.close();
      return { value: seen / (DURATION_MS / 1000), p50Ms: written.p50Ms, cpuMicros: (cpuSeconds * 1e6) / events };
    },
  };
}

/** Memory that idle watches cost, each of one pod that never changes. */
export function idleWatchesRow(watches: number): Row<Plane> {
  return {
    name: `${watches.toLocaleString("en-US")} idle watches`,
    unit: " MiB",
    isMoreBetter: false,
    rounds: 1,
    async measure(plane): Promise<Measurement> {
      const before = plane.memoryMiB();
      const connections = await openWatches(plane, "quiet", watches, () => {});
      await pause(3000);
      const value = Math.max(1, plane.memoryMiB() - before);
      for (const connection of connections) connection.close();
      return { value };
    },
  };
}

/** Returns when all of them have been let in, as far as can be seen: a watch of nothing says nothing. */
async function openWatches(
  plane: Plane,
  namespace: string,
  count: number,
  onData: (chunk: Buffer) => void,
): Promise<LoadConnection[]> {
  const connections = await Promise.all(Array.from({ length: Math.ceil(count / STREAMS_A_CONNECTION) }, plane.open));
  // From now on: what is there already is nobody's event.
  const { body } = await expectOnce(
    connections[0] as LoadConnection,
    plane.target,
    "GET",
    `${podsPath(namespace)}?limit=1`,
  );
  const { metadata } = JSON.parse(body.toString()) as { metadata: { resourceVersion: string } };
  const path = `${podsPath(namespace)}?watch=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=600`;
  for (let watcher = 0; watcher < count; watcher++)
    (connections[watcher % connections.length] as LoadConnection).request(
      fieldsOf(plane.target, "GET", path),
      undefined,
      {
        onData,
        onEnd: () => {},
      },
    );
  await pause(500 + count / 2);
  return connections;
}
