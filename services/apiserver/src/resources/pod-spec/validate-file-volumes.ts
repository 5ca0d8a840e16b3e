import { type FieldError, type FieldPath, fieldErrors } from "@drydock/apimachinery";
import type {
  V1DownwardAPIVolumeFile,
  V1KeyToPath,
  V1ProjectedVolumeSource,
  V1Volume,
  V1VolumeProjection,
} from "@drydock/kube-api";
import { each, type Finding, findings } from "../meta/rules.ts";
import { validateFieldRef, validateResourceFieldRef } from "./validate-env.ts";
import { validateLocalPath } from "./validate-volume-sources.ts";

const MODE_MAX = 0o777;
const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;
const VOLUME_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.labels",
  "metadata.annotations",
  "metadata.uid",
];

/** Volumes that the kubelet fills with files. */
export function validateFileVolumes(volume: V1Volume, path: FieldPath): FieldError[] {
  const { secret, configMap, downwardAPI, projected } = volume;
  return findings(
    secret && [
      !secret.secretName && fieldErrors.required(path.child("secret", "secretName")),
      validateMode(secret.defaultMode, path.child("secret", "defaultMode")),
      each(secret.items, path.child("secret", "items"), validateItem),
    ],
    configMap && [
      !configMap.name && fieldErrors.required(path.child("configMap", "name")),
      validateMode(configMap.defaultMode, path.child("configMap", "defaultMode")),
      each(configMap.items, path.child("configMap", "items"), validateItem),
    ],
    downwardAPI && [
      validateMode(downwardAPI.defaultMode, path.child("downwardAPI", "defaultMode")),
      each(downwardAPI.items, path.child("downwardAPI", "items"), validateDownward),
    ],
    projected && validateProjected(projected, path.child("projected")),
  );
}

function validateMode(mode: number | undefined, path: FieldPath): Finding {
  return (
    mode !== undefined &&
    (mode < 0 || mode > MODE_MAX) &&
    fieldErrors.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")
  );
}

function validateItem({ key, path: target, mode }: V1KeyToPath, path: FieldPath): Finding {
  return [
    !key && fieldErrors.required(path.child("key")),
    target ? validateLocalPath(target, path.child("path")) : fieldErrors.required(path.child("path")),
    validateMode(mode, path.child("mode")),
  ];
}

function validateDownward(file: V1DownwardAPIVolumeFile, path: FieldPath): Finding {
  const { path: target, fieldRef, resourceFieldRef, mode } = file;
  return [
    target ? validateLocalPath(target, path.child("path")) : fieldErrors.required(path.child("path")),
    fieldRef && [
      validateFieldRef(fieldRef, path.child("fieldRef"), VOLUME_FIELDS),
      resourceFieldRef &&
        fieldErrors.invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"),
    ],
    !fieldRef && resourceFieldRef && validateResourceFieldRef(resourceFieldRef, path.child("resourceFieldRef"), true),
    !fieldRef && !resourceFieldRef && fieldErrors.required(path, "one of fieldRef and resourceFieldRef is required"),
    validateMode(mode, path.child("mode")),
  ];
}

const PROJECTIONS = [
  "secret",
  "configMap",
  "downwardAPI",
  "serviceAccountToken",
  "clusterTrustBundle",
  "podCertificate",
] as const;

function validateProjected(projected: V1ProjectedVolumeSource, path: FieldPath): Finding {
  const taken = new Set<string>();
  return [
    validateMode(projected.defaultMode, path.child("defaultMode")),
    each(projected.sources, path.child("sources"), (source, at) => {
      const present = PROJECTIONS.filter((field) => source[field] !== undefined);
      return [
        present.slice(0, 1).map((field) => validateProjection(source, field, at.child(field))),
        present
          .slice(1)
          .map((field) => fieldErrors.forbidden(at.child(field), "may not specify more than 1 volume type")),
        pathsOf(source).map((target) => {
          const isTaken = taken.has(target);
          taken.add(target);
          return isTaken && fieldErrors.invalid(at, target, "conflicting duplicate paths");
        }),
      ];
    }),
  ];
}

function pathsOf({ secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle }: V1VolumeProjection) {
  const items = [...(secret?.items ?? []), ...(configMap?.items ?? []), ...(downwardAPI?.items ?? [])];
  return [...items, serviceAccountToken, clusterTrustBundle].flatMap((item) => (item?.path ? [item.path] : []));
}

function validateProjection(source: V1VolumeProjection, field: (typeof PROJECTIONS)[number], path: FieldPath): Finding {
  if (field === "secret" || field === "configMap")
    return [
      !source[field]?.name && fieldErrors.required(path.child("name")),
      each(source[field]?.items, path.child("items"), validateItem),
    ];
  if (field === "downwardAPI") return each(source.downwardAPI?.items, path.child("items"), validateDownward);
  if (field !== "serviceAccountToken") return [];
  const { expirationSeconds: seconds = 0, path: target } = source.serviceAccountToken ?? { path: "" };
  const at = path.child("expirationSeconds");
  return [
    seconds < TOKEN_SECONDS_MIN && fieldErrors.invalid(at, seconds, "may not specify a duration less than 10 minutes"),
    seconds > TOKEN_SECONDS_MAX &&
      fieldErrors.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds"),
    target ? validateLocalPath(target, path.child("path")) : fieldErrors.required(path.child("path")),
  ];
}
