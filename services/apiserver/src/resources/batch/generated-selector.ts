import type { ObjectMeta } from "@drydock/apimachinery";
import type { V1Job } from "@drydock/kube-api";

const UID_LABELS = ["controller-uid", "batch.kubernetes.io/controller-uid"];
const NAME_LABELS = ["job-name", "batch.kubernetes.io/job-name"];

/** The labels that tie a Job's pods to it; two of them by names from before labels had prefixes. */
export function generatedLabels({ uid = "", name = "" }: Partial<ObjectMeta>): Record<string, string> {
  return Object.fromEntries([...UID_LABELS.map((key) => [key, uid]), ...NAME_LABELS.map((key) => [key, name])]);
}

/**
 * Gives the pods a label that no other Job has and selects by it, unless the Job brings a selector of its own. Labels a client has set
 * stay; validation refuses those that differ.
 */
export function generateSelector({ metadata, spec }: V1Job, previousName: string | undefined): void {
  if (!spec || spec.manualSelector) return;
  spec.template.metadata ??= {};
  const labels = spec.template.metadata.labels ?? {};
  spec.template.metadata.labels = labels;
  for (const [key, value] of Object.entries(generatedLabels(metadata)))
    if (labels[key] === undefined || (NAME_LABELS.includes(key) && labels[key] === previousName)) labels[key] = value;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels["batch.kubernetes.io/controller-uid"] ??= metadata.uid ?? "";
}
