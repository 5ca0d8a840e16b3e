import { describeKind, type Row } from "../meta/kind-table.ts";
import { cronJob } from "./cron-job.ts";

const template = { spec: { restartPolicy: "OnFailure", containers: [{ name: "main", image: "busybox" }] } };
const bad = (schedule: string, why: string): Row => [
  "spec.schedule",
  schedule,
  `spec.schedule: Invalid value: ${JSON.stringify(schedule)}: ${why}`,
];

describeKind(cronJob, {
  valid: {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "hourly", namespace: "default" },
    spec: { schedule: "0 * * * *", jobTemplate: { spec: { template } } },
  },
  created: {
    "spec.concurrencyPolicy": "Allow",
    "spec.suspend": false,
    "spec.successfulJobsHistoryLimit": 3,
    "spec.failedJobsHistoryLimit": 1,
    "spec.jobTemplate.spec.template.spec.dnsPolicy": "ClusterFirst",
    "spec.jobTemplate.spec.backoffLimit": undefined,
  },
  create: [
    ...["*/5 1-3,7 * jan-mar MON", "@hourly", "@every 1h30m", "? ? * * 0"].map((text): Row => ["spec.schedule", text]),
    ["spec.schedule", "", "spec.schedule: Required value"],
    bad("error", "expected exactly 5 fields, found 1: [error]"),
    bad("60 * * * *", "end of range (60) above maximum (59): 60"),
    bad("5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"),
    bad("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
    bad("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
    bad("*/0 * * * *", "step of range should be a positive number: */0"),
    bad("1-2-3 * * * *", "too many hyphens: 1-2-3"),
    bad("1/2/3 * * * *", "too many slashes: 1/2/3"),
    bad("@often", "unrecognized descriptor: @often"),
    bad("TZ=UTC 0 * * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
    ["spec.timeZone", "Asia/Tokyo"],
    ["spec.timeZone", "", 'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
    ["spec.timeZone", "Mars/Base", 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    [
      "spec.timeZone",
      "Local",
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      "spec.startingDeadlineSeconds",
      -1,
      "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "spec.concurrencyPolicy",
      "Maybe",
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      "spec.jobTemplate.spec.manualSelector",
      true,
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
    [
      "spec.jobTemplate.spec.selector",
      {},
      "spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated",
    ],
    [
      "spec.failedJobsHistoryLimit",
      -1,
      "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "metadata.name",
      "a".repeat(53),
      `metadata.name: Invalid value: "${"a".repeat(53)}": must be no more than 52 characters`,
    ],
  ],
  columns: "Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | (Containers) | (Images) | (Selector)",
  cells: [
    [{}, "0 * * * *", "<none>", "False", 0, "<none>", "60s", "main", "busybox", "<none>"],
    [
      { "status.lastScheduleTime": "2025-12-31T23:50:00Z", "spec.suspend": true },
      "0 * * * *",
      "<none>",
      "True",
      0,
      "10m",
    ],
  ],
});
