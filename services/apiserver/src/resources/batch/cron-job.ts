import {
  cronScheduleError,
  type FieldError,
  FieldPath,
  fieldErrors,
  humanAge,
  isTimeZone,
  labelSelectorFromObject,
} from "@drydock/apimachinery";
import type { V1CronJob, V1CronJobSpec } from "@drydock/kube-api";
import { workloadContainers, workloadImages } from "../apps/workload-columns.ts";
import { column, defineKind, generationFromSpec, separateStatus, wideColumn } from "../meta/define-kind.ts";
import { findings, nonNegative, requiredOneOf } from "../meta/rules.ts";
import { dropDisabledFields, setPodTemplateDefaults } from "../pod-spec/defaults.ts";
import { validateJobSpec } from "./validate-job.ts";

const SPEC = FieldPath.of("spec");
const CONCURRENCY_POLICIES = ["Allow", "Forbid", "Replace"];
/** A Job's name is a DNS label, and the controller appends eleven characters to the CronJob's. */
const NAME_LENGTH_MAX = 63 - 11;

export const cronJob = defineKind<V1CronJob>({
  group: "batch",
  kind: "CronJob",
  resource: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  schema: "io.k8s.api.batch.v1.CronJob",
  strategy: {
    dropDisabled: ({ spec }) => dropDisabledFields(spec?.jobTemplate?.spec?.template?.spec),
    ...generationFromSpec,
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (!spec) return;
      setPodTemplateDefaults(spec.jobTemplate?.spec?.template);
      spec.concurrencyPolicy ||= "Allow";
      spec.suspend ??= false;
      spec.successfulJobsHistoryLimit ??= 3;
      spec.failedJobsHistoryLimit ??= 1;
    },
    prepareForCreate(object) {
      object.status = {};
    },
    validate: (object) => [...validateName(object), ...validateSpec(object, undefined)],
    validateUpdate: (object, old) => validateSpec(object, old),
    warnings({ spec }) {
      return spec && hasTimeZone(spec.schedule)
        ? [
            "spec.schedule: TZ or CRON_TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
          ]
        : [];
    },
  },
  columns: [
    column("Schedule", ({ spec }) => spec?.schedule ?? ""),
    column("Timezone", ({ spec }) => spec?.timeZone ?? "<none>"),
    column("Suspend", ({ spec }) => (spec?.suspend ? "True" : "False"), { type: "boolean" }),
    column("Active", ({ status }) => status?.active?.length ?? 0, { type: "integer" }),
    column("Last Schedule", ({ status }, nowMs) =>
      status?.lastScheduleTime ? humanAge(status.lastScheduleTime, nowMs) : "<none>",
    ),
    wideColumn("Containers", ({ spec }) => workloadContainers(spec?.jobTemplate.spec?.template)),
    wideColumn("Images", ({ spec }) => workloadImages(spec?.jobTemplate.spec?.template)),
    wideColumn("Selector", ({ spec }) => labelSelectorFromObject(spec?.jobTemplate.spec?.selector).toString()),
  ],
  subresources: { status: separateStatus.status },
});

function validateName({ metadata }: V1CronJob): FieldError[] {
  if ((metadata.name ?? "").length <= NAME_LENGTH_MAX) return [];
  const text = `must be no more than ${NAME_LENGTH_MAX} characters`;
  return [fieldErrors.invalid(FieldPath.of("metadata", "name"), metadata.name, text)];
}

function validateSpec({ spec }: V1CronJob, old: V1CronJob | undefined): FieldError[] {
  if (!spec) return [fieldErrors.required(SPEC.child("schedule"))];
  const jobSpec = spec.jobTemplate?.spec;
  const jobPath = SPEC.child("jobTemplate", "spec");
  // What was stored before the rule may stay.
  const mayHaveTimeZone = hasTimeZone(old?.spec?.schedule);
  return findings(
    spec.schedule ? validateSchedule(spec, mayHaveTimeZone) : fieldErrors.required(SPEC.child("schedule")),
    nonNegative(spec.startingDeadlineSeconds, SPEC.child("startingDeadlineSeconds")),
    validateTimeZone(spec.timeZone),
    requiredOneOf(SPEC.child("concurrencyPolicy"), spec.concurrencyPolicy, CONCURRENCY_POLICIES),
    jobSpec
      ? [
          validateJobSpec(jobSpec, jobPath),
          jobSpec.selector &&
            fieldErrors.invalid(jobPath.child("selector"), jobSpec.selector, "`selector` will be auto-generated"),
          jobSpec.manualSelector && fieldErrors.notSupported(jobPath.child("manualSelector"), true, ["nil", "false"]),
        ]
      : fieldErrors.required(jobPath.child("template", "spec", "containers")),
    nonNegative(spec.successfulJobsHistoryLimit, SPEC.child("successfulJobsHistoryLimit")),
    nonNegative(spec.failedJobsHistoryLimit, SPEC.child("failedJobsHistoryLimit")),
  );
}

function validateSchedule({ schedule, timeZone }: V1CronJobSpec, mayHaveTimeZone: boolean) {
  const path = SPEC.child("schedule");
  const error = cronScheduleError(schedule);
  return [
    error !== undefined && fieldErrors.invalid(path, schedule, error),
    hasTimeZone(schedule) && [
      timeZone !== undefined &&
        fieldErrors.invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"),
      timeZone === undefined &&
        !mayHaveTimeZone &&
        fieldErrors.invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ],
  ];
}

function hasTimeZone(schedule: string | undefined): boolean {
  return schedule?.includes("TZ") ?? false;
}

function validateTimeZone(timeZone: string | undefined) {
  if (timeZone === undefined) return [];
  const path = SPEC.child("timeZone");
  if (timeZone === "") return fieldErrors.invalid(path, timeZone, "timeZone must be nil or non-empty string");
  if (timeZone.toLowerCase() === "local")
    return fieldErrors.invalid(
      path,
      timeZone,
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
    );
  return !isTimeZone(timeZone) && fieldErrors.invalid(path, timeZone, `unknown time zone ${timeZone}`);
}
