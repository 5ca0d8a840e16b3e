import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Container, V1Volume, V1VolumeMount } from "@drydock/kube-api";
import { each, type Finding, findings, optionalOneOf } from "../meta/rules.ts";
import { validateNoBacksteps } from "./validate-volume-sources.ts";

const PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"];
const RECURSIONS = ["Disabled", "Enabled", "IfPossible"];

/** Which of the pod's volumes stand where in a container, as files and as devices. */
export function validateMounts(
  { volumeMounts, volumeDevices, securityContext }: V1Container,
  path: FieldPath,
  volumes: ReadonlyMap<string, V1Volume>,
): FieldError[] {
  const mountPaths = (volumeMounts ?? []).map(({ mountPath }) => mountPath);
  const devicePaths = (volumeDevices ?? []).map(({ devicePath }) => devicePath);
  return findings(
    each(volumeMounts, path.child("volumeMounts"), (mount, at, index) => [
      !mount.name && fieldErrors.required(at.child("name")),
      !mount.mountPath && fieldErrors.required(at.child("mountPath")),
      mount.name && !volumes.has(mount.name) && fieldErrors.notFoundValue(at.child("name"), mount.name),
      mountPaths.indexOf(mount.mountPath) < index &&
        fieldErrors.invalid(at.child("mountPath"), mount.mountPath, "must be unique"),
      devicePaths.includes(mount.mountPath) &&
        fieldErrors.invalid(
          at.child("mountPath"),
          mount.mountPath,
          "must not already exist as a path in volumeDevices",
        ),
      validateSubPaths(mount, at),
      optionalOneOf(at.child("mountPropagation"), mount.mountPropagation, PROPAGATIONS),
      mount.mountPropagation === "Bidirectional" &&
        !securityContext?.privileged &&
        fieldErrors.forbidden(
          at.child("mountPropagation"),
          "Bidirectional mount propagation is available only to privileged containers",
        ),
      validateRecursion(mount, at.child("recursiveReadOnly")),
    ]),
    each(volumeDevices, path.child("volumeDevices"), ({ name, devicePath }, at, index) => [
      !name && fieldErrors.required(at.child("name")),
      !devicePath && fieldErrors.required(at.child("devicePath")),
      devicePaths.indexOf(devicePath) < index &&
        fieldErrors.invalid(at.child("devicePath"), devicePath, "must be unique"),
      devicePath &&
        mountPaths.includes(devicePath) &&
        fieldErrors.invalid(at.child("devicePath"), devicePath, "must not already exist as a path in volumeMounts"),
      name &&
        (volumes.has(name)
          ? !volumes.get(name)?.persistentVolumeClaim &&
            !volumes.get(name)?.ephemeral &&
            fieldErrors.invalid(
              at.child("name"),
              name,
              "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            )
          : fieldErrors.notFoundValue(at.child("name"), name)),
    ]),
  );
}

function validateSubPaths({ subPath, subPathExpr }: V1VolumeMount, path: FieldPath): Finding {
  const below = (value: string, at: FieldPath) => [
    value.startsWith("/") && fieldErrors.invalid(at, value, "must be a relative path"),
    validateNoBacksteps(value, at),
  ];
  return [
    subPath && below(subPath, path.child("subPath")),
    subPathExpr && [
      subPath &&
        fieldErrors.invalid(path.child("subPathExpr"), subPathExpr, "subPathExpr and subPath are mutually exclusive"),
      below(subPathExpr, path.child("subPathExpr")),
    ],
  ];
}

function validateRecursion(mount: V1VolumeMount, path: FieldPath): Finding {
  const { recursiveReadOnly, readOnly, mountPropagation } = mount;
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return [];
  return [
    optionalOneOf(path, recursiveReadOnly, RECURSIONS),
    !readOnly && fieldErrors.forbidden(path, "may only be specified when readOnly is true"),
    mountPropagation &&
      mountPropagation !== "None" &&
      fieldErrors.forbidden(path, "may only be specified when mountPropagation is None or not specified"),
  ];
}
