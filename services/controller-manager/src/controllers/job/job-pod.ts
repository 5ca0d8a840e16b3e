import { deepClone } from "@drydock/apimachinery";
import { jobs, type V1Container, type V1Job, type V1Pod, type V1PodTemplateSpec } from "@drydock/kube-api";
import { controllerRefTo } from "../../owners/controller-ref.ts";
import { podFromTemplate } from "../../pods/create-pod.ts";
import {
  FAILURES_KEY,
  IGNORED_FAILURES_KEY,
  INDEX_KEY,
  ignoredIndexFailures,
  indexFailures,
} from "./completion-index.ts";
import { isIndexed, TRACKING_FINALIZER } from "./job-state.ts";
import { matchPodFailurePolicy } from "./pod-failure-policy.ts";

const INDEX_ENV = "JOB_COMPLETION_INDEX";
/** A generated name gets five characters more, and 63 is the limit. */
const GENERATE_NAME_MAX = 58;

/** A pod for one completion index, or for any; `replaced` is the failed pod of the same index whose count it continues. */
export function jobPod(job: V1Job, index: number | undefined, replaced: V1Pod | undefined): V1Pod {
  const template = deepClone(job.spec?.template) as V1PodTemplateSpec;
  const pod = podFromTemplate(template, job.metadata.namespace ?? "", controllerRefTo(jobs, job));
  const { finalizers = [] } = pod.metadata;
  if (!finalizers.includes(TRACKING_FINALIZER)) pod.metadata.finalizers = [...finalizers, TRACKING_FINALIZER];
  if (!isIndexed(job) || index === undefined) return pod;
  pod.metadata.generateName = generateName(job.metadata.name ?? "", index);
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX_KEY]: String(index) };
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [INDEX_KEY]: String(index),
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)),
  };
  if (pod.spec) {
    pod.spec.hostname = `${job.metadata.name}-${index}`;
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) tellIndex(container);
  }
  return pod;
}

function generateName(jobName: string, index: number): string {
  const suffix = `-${index}-`;
  return `${jobName.slice(0, GENERATE_NAME_MAX - suffix.length)}${suffix}`;
}

function tellIndex(container: V1Container): void {
  const env = container.env ?? [];
  if (env.some(({ name }) => name === INDEX_ENV)) return;
  container.env = [
    ...env,
    { name: INDEX_ENV, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_KEY}']` } } },
  ];
}

function failureCounts(job: V1Job, replaced: V1Pod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURES_KEY]: "0" };
  const { counts } = matchPodFailurePolicy(job, replaced);
  const ignored = ignoredIndexFailures(replaced) + (counts ? 0 : 1);
  return {
    [FAILURES_KEY]: String(indexFailures(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [IGNORED_FAILURES_KEY]: String(ignored) } : {}),
  };
}
