import { type FieldError, type FieldPath, fieldErrors, isDns1123Label, tryParseQuantity } from "@drydock/apimachinery";
import type { V1Volume } from "@drydock/kube-api";
import { validateClaimSpec } from "../core/validate-claim.ts";
import { duplicates, each, type Finding, findings, invalidTexts, optionalOneOf } from "../meta/rules.ts";
import { validateFileVolumes } from "./validate-file-volumes.ts";
import { isSharedSource, validateLocalPath, validateSource } from "./validate-volume-sources.ts";

export function validateVolumes(volumes: readonly V1Volume[] | undefined, path: FieldPath): FieldError[] {
  return findings(
    each(volumes, path, (volume, at) => [
      volume.name
        ? invalidTexts(at.child("name"), volume.name, isDns1123Label(volume.name))
        : fieldErrors.required(at.child("name")),
      validateSources(volume, at),
    ]),
    duplicates(
      volumes,
      (index) => path.index(index).child("name"),
      ({ name }) => name,
    ),
  );
}

function validateSources(volume: V1Volume, path: FieldPath): Finding {
  const [first, ...more] = Object.entries(volume).filter(([field, value]) => field !== "name" && value !== undefined);
  if (!first) return fieldErrors.required(path, "must specify a volume type");
  const [field, source] = first;
  return [
    isSharedSource(field) && validateSource(field, source as Readonly<Record<string, unknown>>, path.child(field)),
    validateFileVolumes(volume, path),
    validatePodSource(volume, field, path.child(field)),
    more.map(([other]) => fieldErrors.forbidden(path.child(other), "may not specify more than 1 volume type")),
  ];
}

/** Sources that only pods have. */
function validatePodSource(volume: V1Volume, field: string, path: FieldPath): Finding {
  switch (field) {
    case "emptyDir":
      return (
        (tryParseQuantity(String(volume.emptyDir?.sizeLimit ?? "0"))?.nanos ?? 0n) < 0n &&
        fieldErrors.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
      );
    case "gitRepo":
      return [
        !volume.gitRepo?.repository && fieldErrors.required(path.child("repository")),
        volume.gitRepo?.directory && validateLocalPath(volume.gitRepo.directory, path.child("directory")),
      ];
    case "persistentVolumeClaim":
      return !volume.persistentVolumeClaim?.claimName && fieldErrors.required(path.child("claimName"));
    case "csi":
      return (
        volume.csi?.nodePublishSecretRef &&
        !volume.csi.nodePublishSecretRef.name &&
        fieldErrors.required(path.child("nodePublishSecretRef", "name"))
      );
    case "ephemeral":
      return volume.ephemeral?.volumeClaimTemplate
        ? validateClaimSpec(volume.ephemeral.volumeClaimTemplate.spec, path.child("volumeClaimTemplate", "spec"))
        : fieldErrors.required(path.child("volumeClaimTemplate"));
    case "image":
      return [
        !volume.image?.reference && fieldErrors.required(path.child("reference")),
        optionalOneOf(path.child("pullPolicy"), volume.image?.pullPolicy, ["Always", "IfNotPresent", "Never"]),
      ];
    default:
      return [];
  }
}
