import { deepClone, openTimeZone } from "@drydock/apimachinery";
import { cronJobs, type V1CronJob, type V1Job } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";

const SCHEDULED_KEY = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** The same for the same time: who asks twice gets one Job. */
export function jobName({ metadata }: V1CronJob, dueMs: number): string {
  return `${metadata.name}-${Math.floor(dueMs / 60_000)}`;
}

export function jobOf(cronJob: V1CronJob, dueMs: number): V1Job {
  const { metadata, spec } = deepClone(cronJob.spec?.jobTemplate) ?? {};
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(cronJob, dueMs),
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata?.annotations, [SCHEDULED_KEY]: formatIn(cronJob.spec?.timeZone ?? "UTC", dueMs) },
      ownerReferences: [controllerRefTo(cronJobs, cronJob)],
    },
    ...(spec ? { spec } : {}),
  };
}

/** RFC 3339 with the zone's distance from UTC. */
function formatIn(zone: string, ms: number): string {
  const minutes = openTimeZone(zone).offsetMinutes(ms);
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, 19);
  if (minutes === 0) return `${local}Z`;
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${local}${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}
