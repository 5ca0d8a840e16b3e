import { describeKind } from "../meta/kind-table.ts";
import { csiDriver, csiNode, csiStorageCapacity } from "./csi.ts";
import { storageClass, volumeAttributesClass } from "./storage-class.ts";
import { volumeAttachment } from "./volume-attachment.ts";

const apiVersion = "storage.k8s.io/v1";
const metadata = { name: "one" };

describeKind(storageClass, {
  valid: { apiVersion, kind: "StorageClass", metadata, provisioner: "example.com/disk" },
  created: { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" },
  create: [
    ["provisioner", "", "provisioner: Required value"],
    ["reclaimPolicy", "Recycle", 'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    [
      "volumeBindingMode",
      "Later",
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
    ["parameters", { "": "a" }, 'parameters: Invalid value: "": field can not be empty.'],
    [
      "allowedTopologies",
      [{ matchLabelExpressions: [{ key: "zone", values: [] }] }],
      "allowedTopologies[0].matchLabelExpressions[0].values: Required value",
    ],
  ],
  update: [
    ["allowVolumeExpansion", true],
    ["provisioner", "other.com/disk", "provisioner: Forbidden: updates to provisioner are forbidden."],
    ["parameters", { a: "b" }, "parameters: Forbidden: updates to parameters are forbidden."],
    ["reclaimPolicy", "Retain", "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."],
    [
      "volumeBindingMode",
      "WaitForFirstConsumer",
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
  ],
  columns: "Name | Provisioner | ReclaimPolicy | VolumeBindingMode | AllowVolumeExpansion | Age",
  cells: [[{}, "example.com/disk", "Delete", "Immediate", false, "60s"]],
});

describeKind(volumeAttributesClass, {
  valid: { apiVersion, kind: "VolumeAttributesClass", metadata, driverName: "example.com", parameters: { iops: "1" } },
  create: [["parameters", undefined, "parameters: Required value: must contain at least one key/value pair"]],
  update: [["driverName", "b.com", "driverName: Forbidden: updates to driverName are forbidden."]],
  columns: "Name | DriverName | Age",
});

describeKind(csiDriver, {
  valid: { apiVersion, kind: "CSIDriver", metadata: { name: "disk.example.com" }, spec: {} },
  created: {
    spec: {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      volumeLifecycleModes: ["Persistent"],
      requiresRepublish: false,
      seLinuxMount: false,
    },
  },
  create: [
    [
      "spec.tokenRequests",
      [{ audience: "a", expirationSeconds: 1 }, { audience: "a" }],
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
    ],
    [
      "spec.volumeLifecycleModes",
      ["Other"],
      'spec.volumeLifecycleModes: Unsupported value: "Other": supported values: "Ephemeral", "Persistent"',
    ],
    [
      "spec.fsGroupPolicy",
      "Other",
      'spec.fsGroupPolicy: Unsupported value: "Other": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    ],
  ],
  update: [
    ["spec.podInfoOnMount", true],
    ["spec.attachRequired", false, "spec.attachedRequired: Invalid value: false: field is immutable"],
  ],
  columns: "Name | AttachRequired | PodInfoOnMount | StorageCapacity | TokenRequests | RequiresRepublish | Modes | Age",
});

describeKind(csiNode, {
  valid: {
    apiVersion,
    kind: "CSINode",
    metadata,
    spec: { drivers: [{ name: "disk.example.com", nodeID: "n1", topologyKeys: ["zone"] }] },
  },
  create: [
    ["spec.drivers.0.nodeID", "", "spec.drivers[0].nodeID: Required value"],
    [
      "spec.drivers.0.allocatable",
      { count: -1 },
      "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
    ],
  ],
  update: [
    ["spec.drivers.0.allocatable", { count: 3 }],
    [
      "spec.drivers.0.nodeID",
      "n2",
      'spec.drivers[0]: Invalid value: {"name":"disk.example.com","nodeID":"n2","topologyKeys":["zone"]}: field is immutable',
    ],
  ],
  columns: "Name | Drivers | Age",
});

describeKind(csiStorageCapacity, {
  valid: {
    apiVersion,
    kind: "CSIStorageCapacity",
    metadata: { name: "one", namespace: "default" },
    storageClassName: "fast",
    capacity: "1Gi",
  },
  create: [["capacity", "-1", 'capacity: Invalid value: "-1": must be greater than or equal to 0']],
  update: [["storageClassName", "slow", 'storageClassName: Invalid value: "slow": field is immutable']],
  columns: "Name | Created At",
});

describeKind(volumeAttachment, {
  valid: {
    apiVersion,
    kind: "VolumeAttachment",
    metadata,
    spec: { attacher: "disk.example.com", nodeName: "n1", source: { persistentVolumeName: "pv" } },
  },
  created: { status: { attached: false } },
  create: [
    [
      "spec.source",
      {},
      "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
    ],
    ["spec.attacher", "", "spec.attacher: Required value"],
  ],
  update: [
    [
      "spec.nodeName",
      "n2",
      'spec: Invalid value: {"attacher":"disk.example.com","nodeName":"n2","source":{"persistentVolumeName":"pv"}}: field is immutable',
    ],
  ],
  columns: "Name | Attacher | PV | Node | Attached | Age",
  cells: [[{ "status.attached": true }, "disk.example.com", "pv", "n1", true, "60s"]],
});
