import { describeKind, type Row } from "../meta/kind-table.ts";
import { persistentVolume } from "./persistent-volume.ts";
import { persistentVolumeClaim } from "./persistent-volume-claim.ts";

const source = (value: object, ...errors: string[]): Row => [
  "spec",
  { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...value },
  ...errors,
];
const frozen =
  "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

describeKind(persistentVolume, {
  valid: {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "pv" },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/data" } },
  },
  created: {
    "spec.persistentVolumeReclaimPolicy": "Retain",
    "spec.volumeMode": "Filesystem",
    "spec.hostPath.type": "",
    status: { phase: "Pending", lastPhaseTransitionTime: "2026-01-01T00:00:00Z" },
  },
  create: [
    ["spec.accessModes", [], "spec.accessModes: Required value"],
    [
      "spec.accessModes",
      ["ReadWriteOnce", "ReadWriteOncePod"],
      "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
    ],
    [
      "spec.capacity",
      undefined,
      "spec.capacity: Required value",
      'spec.capacity: Unsupported value: null: supported values: "storage"',
    ],
    ["spec.capacity", { storage: "0" }, 'spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    [
      "spec.persistentVolumeReclaimPolicy",
      "Keep",
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", "Retain"',
    ],
    ["spec.volumeMode", "Tape", 'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    source({}, "spec: Required value: must specify a volume type"),
    source(
      { hostPath: { path: "/a/../b" }, nfs: { server: "s", path: "/p" } },
      "spec.nfs: Forbidden: may not specify more than 1 volume type",
      "spec.hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
    ),
    source(
      { nfs: { path: "p" } },
      "spec.nfs.server: Required value",
      'spec.nfs.path: Invalid value: "p": must be an absolute path',
    ),
    source({ csi: { driver: "d.example.com" } }, "spec.csi.volumeHandle: Required value"),
    source({ local: { path: "/d" } }, "spec.nodeAffinity: Required value: Local volume requires node affinity"),
    source(
      { iscsi: { targetPortal: "p", iqn: "x", lun: 300 } },
      'spec.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
      "spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
    ),
    source({ fc: {} }, "spec.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"),
  ],
  update: [
    ["spec.persistentVolumeReclaimPolicy", "Delete"],
    [
      "spec.hostPath.path",
      "/other",
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ],
    ["spec.volumeMode", "Block", 'spec.volumeMode: Invalid value: "Block": field is immutable'],
  ],
  columns:
    "Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | (VolumeMode)",
  cells: [
    [
      { "spec.claimRef": { namespace: "a", name: "b" }, "status.phase": "Bound", "spec.storageClassName": "fast" },
      "1Gi",
      "RWO",
      "Retain",
      "Bound",
      "a/b",
      "fast",
      "<unset>",
      "",
      "60s",
      "Filesystem",
    ],
  ],
});

describeKind(persistentVolumeClaim, {
  valid: {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "1Gi" } } },
  },
  created: { "spec.volumeMode": "Filesystem", status: { phase: "Pending" } },
  create: [
    ["spec.accessModes", undefined, "spec.accessModes: Required value: at least 1 access mode is required"],
    ["spec.resources", undefined, "spec.resources[storage]: Required value"],
    [
      "spec.resources.requests.storage",
      "0",
      'spec.resources.requests[storage]: Invalid value: "0": must be greater than zero',
    ],
    [
      "spec.dataSource",
      { kind: "Other", name: "x" },
      "spec.dataSource: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      "spec.dataSourceRef: Invalid value: \"Other\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    ],
  ],
  update: [
    ["spec.volumeName", "pv"],
    ["spec.resources.requests.storage", "2Gi", frozen],
    ["spec.storageClassName", "slow", frozen],
    ["spec.accessModes", ["ReadOnlyMany"], frozen],
  ],
  columns:
    "Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | (VolumeMode)",
  cells: [
    [{}, "Pending", "", "", "", "fast", "<unset>", "60s", "Filesystem"],
    [
      {
        "spec.volumeName": "pv",
        status: { phase: "Bound", capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] },
      },
      "Bound",
      "pv",
      "1Gi",
      "RWO",
    ],
  ],
});
