import { describeKind } from "../meta/kind-table.ts";
import { statefulSet } from "./stateful-set.ts";

const forbidden =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

describeKind(statefulSet, {
  valid: {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "default" },
    spec: {
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: {
        metadata: { labels: { app: "db" } },
        spec: {
          containers: [{ name: "main", image: "postgres", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  },
  created: {
    "spec.replicas": 1,
    "spec.podManagementPolicy": "OrderedReady",
    "spec.updateStrategy": { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    "spec.persistentVolumeClaimRetentionPolicy": { whenDeleted: "Retain", whenScaled: "Retain" },
    "spec.revisionHistoryLimit": 10,
    "spec.volumeClaimTemplates.0.kind": "PersistentVolumeClaim",
    "spec.volumeClaimTemplates.0.spec.volumeMode": "Filesystem",
    "spec.volumeClaimTemplates.0.status": { phase: "Pending" },
    status: { replicas: 0, availableReplicas: 0 },
  },
  create: [
    ["spec.template.spec.containers", [], "spec.template.spec.containers: Required value"],
    ["spec.replicas", -1, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
    ["spec.minReadySeconds", -1, "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
    ["spec.ordinals", { start: -1 }, "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"],
    [
      "spec.podManagementPolicy",
      "Other",
      "spec.podManagementPolicy: Invalid value: \"Other\": must be 'OrderedReady' or 'Parallel'",
    ],
    [
      "spec.updateStrategy",
      { type: "Other" },
      "spec.updateStrategy: Invalid value: {\"type\":\"Other\"}: must be 'RollingUpdate' or 'OnDelete'",
    ],
    [
      "spec.updateStrategy",
      { type: "OnDelete", rollingUpdate: { partition: 1 } },
      "spec.updateStrategy.rollingUpdate: Invalid value: {\"partition\":1}: only allowed for updateStrategy 'RollingUpdate'",
    ],
    [
      "spec.updateStrategy.rollingUpdate",
      { maxUnavailable: 0 },
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0",
    ],
    [
      "spec.persistentVolumeClaimRetentionPolicy",
      { whenScaled: "Keep" },
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Retain", "Delete"',
    ],
    [
      "spec.selector",
      undefined,
      "spec.selector: Required value",
      'spec.template.metadata.labels: Invalid value: {"app":"db"}: `selector` does not match template `labels`',
    ],
    ["spec.selector", {}, "spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
    [
      "spec.template.metadata.labels",
      { app: "web" },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      "spec.template.spec.restartPolicy",
      "Never",
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      "spec.template.spec.activeDeadlineSeconds",
      5,
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
    ],
  ],
  update: [
    ["spec.replicas", 3],
    ["spec.template.spec.containers.0.image", "postgres:17"],
    ["spec.minReadySeconds", 5],
    ["spec.serviceName", "other", forbidden],
    ["spec.podManagementPolicy", "Parallel", forbidden],
    ["spec.volumeClaimTemplates.0.metadata.name", "other", forbidden],
  ],
  status: [
    ["status.collisionCount", -1, "status.collisionCount: Invalid value: -1: must be greater than or equal to 0"],
    ["status.readyReplicas", 1, "status.readyReplicas: Invalid value: 1: cannot be greater than status.replicas"],
  ],
  columns: "Name | Ready | Age | (Containers) | (Images)",
  cells: [[{ "status.readyReplicas": 1, "spec.replicas": 3 }, "1/3", "60s", "main", "postgres"]],
});
