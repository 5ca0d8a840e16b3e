import { humanDuration, isDns1123Label } from "@drydock/apimachinery";
import type { V1Job } from "@drydock/kube-api";
import { workloadContainers, workloadImages } from "../apps/workload-columns.ts";
import {
  column,
  defineKind,
  generationFromSpec,
  selectorColumnText,
  separateStatus,
  wideColumn,
} from "../meta/define-kind.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { generateSelector } from "./generated-selector.ts";
import { validateJob } from "./validate-job.ts";
import { validateJobStatusUpdate } from "./validate-job-status.ts";
import { validateJobUpdate } from "./validate-job-update.ts";

const BACKOFF_LIMIT = 6;
const NO_BACKOFF_LIMIT = 2 ** 31 - 1;

export const job = defineKind<V1Job>({
  group: "batch",
  kind: "Job",
  resource: "jobs",
  categories: ["all"],
  schema: "io.k8s.api.batch.v1.Job",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults,
    // As it was when nobody looked after pods whose Job had gone.
    defaultPropagation: "Orphan",
    prepareForCreate(object) {
      object.status = {};
    },
    prepareNamed(object, previousName) {
      generateSelector(object, previousName);
      setLabels(object);
    },
    validate: validateJob,
    validateUpdate: validateJobUpdate,
    warnings({ metadata }, old) {
      const texts = old ? [] : isDns1123Label(metadata.name ?? "");
      return texts.length > 0
        ? [
            `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${texts.join(" ")}]`,
          ]
        : [];
    },
  },
  columns: [
    column("Status", statusText),
    column("Completions", completionsText),
    column("Duration", durationText),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.template)),
    wideColumn("Selector", ({ spec }) => selectorColumnText(spec?.selector)),
  ],
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  subresources: {
    status: { prepareForUpdate: separateStatus.status.prepareForUpdate, validateUpdate: validateJobStatusUpdate },
  },
});

/** A Job without labels of its own has those of its pods: the very same, so that it gets those that are generated for them, too. */
function setLabels({ metadata, spec }: Pick<V1Job, "metadata" | "spec">): void {
  const labels = spec?.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
}

function setDefaults({ metadata, spec }: V1Job): void {
  if (!spec) return;
  setPodTemplateDefaults(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_BACKOFF_LIMIT;
  setLabels({ metadata, spec });
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const condition of rule.onPodConditions ?? []) condition.status ||= "True";
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
}

function statusText({ metadata, status }: V1Job): string {
  const isTrue = (type: string) => status?.conditions?.some((item) => item.type === type && item.status === "True");
  if (isTrue("Complete")) return "Complete";
  if (isTrue("Failed")) return "Failed";
  if (metadata.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(isTrue) ?? "Running";
}

function completionsText({ spec, status }: V1Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: V1Job, nowMs: number): string {
  if (!status?.startTime) return "";
  const end = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return humanDuration(end - Date.parse(status.startTime));
}
