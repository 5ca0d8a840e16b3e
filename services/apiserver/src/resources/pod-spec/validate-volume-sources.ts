import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { type Finding, findings, optionalOneOf } from "../meta/rules.ts";

/** Storage that both a pod and a PersistentVolume can name, and what each kind must say of itself. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  awsElasticBlockStore: ["volumeID"],
  azureDisk: ["diskName", "diskURI"],
  azureFile: ["secretName", "shareName"],
  cephfs: ["monitors"],
  cinder: ["volumeID"],
  csi: [],
  fc: [],
  flexVolume: ["driver"],
  flocker: [],
  gcePersistentDisk: ["pdName"],
  glusterfs: ["endpoints", "path"],
  hostPath: ["path"],
  iscsi: ["targetPortal", "iqn"],
  nfs: ["server", "path"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  quobyte: ["registry", "volume"],
  rbd: ["monitors", "image"],
  scaleIO: ["gateway", "system", "volumeName"],
  storageos: ["volumeName"],
  vsphereVolume: ["volumePath"],
};

/** What a PersistentVolume can be made of. */
export const VOLUME_SOURCES: readonly string[] = [...Object.keys(REQUIRED), "local"].sort();

export function isSharedSource(field: string): boolean {
  return Object.hasOwn(REQUIRED, field);
}

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];
const UNIT_MAX = 255;

type Source = Readonly<Record<string, unknown>>;

/** The rules of one source, wherever it stands. */
export function validateSource(field: string, source: Source, path: FieldPath): FieldError[] {
  return findings(
    ...(REQUIRED[field] ?? []).map((name) => isEmpty(source[name]) && fieldErrors.required(path.child(name))),
    SPECIAL[field]?.(source, path),
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function text(source: Source, field: string): string {
  return String(source[field] ?? "");
}

function validateUnit(source: Source, field: string, path: FieldPath): Finding {
  const unit = Number(source[field] ?? 0);
  return (
    (unit < 0 || unit > UNIT_MAX) &&
    fieldErrors.invalid(path.child(field), unit, `must be between 0 and ${UNIT_MAX}, inclusive`)
  );
}

const SPECIAL: Readonly<Record<string, (source: Source, path: FieldPath) => Finding>> = {
  hostPath: (source, path) => [
    text(source, "path") !== "" && validateNoBacksteps(text(source, "path"), path.child("path")),
    optionalOneOf(path.child("type"), source["type"] as string | undefined, HOST_PATH_TYPES),
  ],
  nfs: (source, path) =>
    text(source, "path") !== "" &&
    !text(source, "path").startsWith("/") &&
    fieldErrors.invalid(path.child("path"), source["path"], "must be an absolute path"),
  gcePersistentDisk: (source, path) => validateUnit(source, "partition", path),
  awsElasticBlockStore: (source, path) => validateUnit(source, "partition", path),
  iscsi: (source, path) => [
    text(source, "iqn") !== "" &&
      !/^(iqn|eui|naa)/.test(text(source, "iqn")) &&
      fieldErrors.invalid(path.child("iqn"), source["iqn"], "must be valid format starting with iqn, eui, or naa"),
    validateUnit(source, "lun", path),
    (source["chapAuthDiscovery"] === true || source["chapAuthSession"] === true) &&
      !source["secretRef"] &&
      fieldErrors.required(path.child("secretRef")),
  ],
  fc: (source, path) => {
    const [names, ids] = [source["targetWWNs"], source["wwids"]];
    if (isEmpty(names) && isEmpty(ids))
      return fieldErrors.required(path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both");
    if (!isEmpty(names) && !isEmpty(ids))
      return fieldErrors.invalid(
        path.child("targetWWNs"),
        names,
        "targetWWNs and wwids can not be specified simultaneously",
      );
    return [
      !isEmpty(names) &&
        source["lun"] === undefined &&
        fieldErrors.required(path.child("lun"), "lun is required if targetWWNs is specified"),
      validateUnit(source, "lun", path),
    ];
  },
  flocker: (source, path) => {
    const [name, uuid] = [text(source, "datasetName"), text(source, "datasetUUID")];
    if (name === "" && uuid === "") return fieldErrors.required(path, "one of datasetName and datasetUUID is required");
    return (
      name !== "" &&
      uuid !== "" &&
      fieldErrors.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    );
  },
  cinder: (source, path) => validateSecret(source, path),
  azureDisk: (source, path) => [
    optionalOneOf(path.child("cachingMode"), source["cachingMode"] as string | undefined, [
      "None",
      "ReadOnly",
      "ReadWrite",
    ]),
    optionalOneOf(path.child("kind"), source["kind"] as string | undefined, ["Dedicated", "Managed", "Shared"]),
  ],
  csi: (source, path) => validateDriverName(source["driver"] as string | undefined, path.child("driver")),
};

function validateSecret(source: Source, path: FieldPath): Finding {
  const secret = source["secretRef"] as Source | undefined;
  return secret && text(secret, "name") === "" && fieldErrors.required(path.child("secretRef", "name"));
}

const SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeStageSecretRef",
  "nodeExpandSecretRef",
];

/** The one source of a PersistentVolume. */
export function validatePersistentSource(spec: object, field: string, path: FieldPath): FieldError[] {
  const source = (spec as Readonly<Record<string, Source>>)[field] ?? {};
  return findings(
    validateSource(field, source, path),
    field === "local" && [
      text(source, "path") === ""
        ? fieldErrors.required(path.child("path"))
        : validateNoBacksteps(text(source, "path"), path.child("path")),
    ],
    field === "csi" && [
      text(source, "volumeHandle") === "" && fieldErrors.required(path.child("volumeHandle")),
      SECRETS.map((name) => {
        const secret = source[name] as Source | undefined;
        return (
          secret &&
          ["name", "namespace"].map((part) => text(secret, part) === "" && fieldErrors.required(path.child(name, part)))
        );
      }),
    ],
  );
}

export function validateNoBacksteps(value: string, path: FieldPath): Finding {
  return value.split("/").includes("..") && fieldErrors.invalid(path, value, "must not contain '..'");
}

/** Below where it is put, and not under a name that the system keeps for itself. */
export function validateLocalPath(value: string, path: FieldPath): Finding {
  if (value.startsWith("/")) return fieldErrors.invalid(path, value, "must be a relative path");
  return [
    validateNoBacksteps(value, path),
    value.startsWith("..") &&
      !value.startsWith("../") &&
      value !== ".." &&
      fieldErrors.invalid(path, value, "must not start with '..'"),
  ];
}
