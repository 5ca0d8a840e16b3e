import type { StatsRequest, StatsSummary } from "@drydock/proto/drydock/node/v1/node";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { newestContainer } from "../runtime/runtime.ts";
import { type PodDirectory, toServiceError } from "./pod-directory.ts";

/** The kubelet's stats/summary: cumulative CPU time and working set of every running container. */
export function createStats(directory: PodDirectory) {
  return (_call: ServerUnaryCall<StatsRequest, StatsSummary>, callback: sendUnaryData<StatsSummary>): void => {
    summarize(directory).then(
      (summary) => callback(null, { summaryJson: Buffer.from(JSON.stringify(summary)) }),
      (error: unknown) => callback(toServiceError(error)),
    );
  };
}

async function summarize(directory: PodDirectory) {
  const pods = await Promise.all(
    directory.pods().map(async ({ metadata, spec }) => {
      const runtime = await directory.runtime.podStatus(metadata.uid ?? "");
      const running = (spec?.containers ?? []).flatMap(({ name }) => {
        const current = newestContainer(runtime, name);
        return current?.state === "running" ? [current] : [];
      });
      const containers = await Promise.all(
        running.map(async ({ id, name }) => {
          const stats = await directory.runtime.stats(id);
          const time = new Date().toISOString();
          return {
            name,
            cpu: { time, usageCoreNanoSeconds: stats.cpuUsageNanoSeconds },
            memory: { time, workingSetBytes: stats.memoryWorkingSetBytes },
          };
        }),
      );
      return { podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, containers };
    }),
  );
  return { node: { nodeName: directory.nodeName }, pods };
}
