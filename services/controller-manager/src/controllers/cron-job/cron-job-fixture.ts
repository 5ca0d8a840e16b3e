import type { V1CronJob, V1CronJobSpec, V1CronJobStatus } from "@drydock/kube-api";

/** A CronJob for tests, created at `created` and due every hour unless the spec says otherwise. */
export function cronJobFixture(
  spec: Partial<V1CronJobSpec> = {},
  status: V1CronJobStatus = {},
  created = "2026-01-05T09:30:00Z",
): V1CronJob {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "tick", namespace: "default", uid: "uid-tick", creationTimestamp: created },
    spec: {
      schedule: "0 * * * *",
      concurrencyPolicy: "Allow",
      suspend: false,
      jobTemplate: { spec: { template: { spec: { containers: [] } } } },
      ...spec,
    },
    status,
  };
}
