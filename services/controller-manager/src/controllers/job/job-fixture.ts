import type { V1Job, V1JobSpec, V1JobStatus, V1Pod } from "@drydock/kube-api";
import { type PodFixture, podFixture } from "../../pods/pod-fixture.ts";
import { INDEX_KEY } from "./completion-index.ts";
import { TRACKING_FINALIZER } from "./job-state.ts";
import { type JobView, observeJob } from "./observe-job.ts";
import { noBackoff } from "./pod-backoff.ts";

export const FIXTURE_NOW_MS = 1_000_000;

/** A Job for tests, as the server would have filled it in. */
export function jobFixture(spec: Partial<V1JobSpec>, status: V1JobStatus = {}): V1Job {
  const isEndless = spec.completions === undefined && spec.parallelism !== undefined;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "default", uid: "uid-j" },
    spec: {
      ...(isEndless ? {} : { completions: 1 }),
      parallelism: 1,
      backoffLimit: 6,
      template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } },
      ...spec,
    },
    status,
  };
}

export interface JobPodFixture extends PodFixture {
  readonly index?: number | string;
  readonly isReleased?: boolean;
  readonly exitCode?: number;
  readonly finishedMs?: number;
}

export function jobPodFixture(fixture: JobPodFixture): V1Pod {
  const { index, isReleased, exitCode, finishedMs = FIXTURE_NOW_MS } = fixture;
  const pod = podFixture(fixture);
  if (index !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX_KEY]: String(index) };
  if (!isReleased) pod.metadata.finalizers = [TRACKING_FINALIZER];
  const [container] = pod.status?.containerStatuses ?? [];
  if (container && exitCode !== undefined)
    container.state = { terminated: { exitCode, finishedAt: new Date(finishedMs).toISOString() } };
  return pod;
}

export function jobViewFixture(job: V1Job, pods: readonly JobPodFixture[], more: Partial<JobView> = {}) {
  const view: JobView = {
    job,
    pods: pods.map(jobPodFixture),
    released: new Set(),
    backoff: noBackoff,
    isSettled: true,
    nowMs: FIXTURE_NOW_MS,
    ...more,
  };
  return { view, facts: observeJob(view) };
}
