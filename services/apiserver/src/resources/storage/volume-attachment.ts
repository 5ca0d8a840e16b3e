import { type FieldError, FieldPath, fieldErrors, isDns1123Subdomain } from "@drydock/apimachinery";
import type { V1VolumeAttachment } from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { validateDriverName } from "../meta/driver-name-rules.ts";
import { findings, immutable, invalidTexts } from "../meta/rules.ts";

const SPEC = FieldPath.of("spec");
const ERROR_BYTES_MAX = 128 * 1024;

export const volumeAttachment = defineKind<V1VolumeAttachment>({
  group: "storage.k8s.io",
  kind: "VolumeAttachment",
  resource: "volumeattachments",
  isNamespaced: false,
  schema: "io.k8s.api.storage.v1.VolumeAttachment",
  strategy: {
    ...separateStatus.main,
    prepareForCreate(object) {
      object.status = { attached: false };
    },
    validate,
    validateUpdate: (object, old) => [...validate(object), ...immutable(object.spec, old.spec, SPEC)],
  },
  columns: [
    column("Attacher", ({ spec }) => spec?.attacher ?? "", { format: "name" }),
    column("PV", ({ spec }) => spec?.source?.persistentVolumeName ?? ""),
    column("Node", ({ spec }) => spec?.nodeName ?? ""),
    column("Attached", ({ status }) => status?.attached ?? false, { type: "boolean" }),
  ],
  subresources: {
    status: { ...separateStatus.statusAlone, validateUpdate: validateStatus },
  },
});

function validate({ spec }: V1VolumeAttachment): FieldError[] {
  const { persistentVolumeName, inlineVolumeSpec } = spec?.source ?? {};
  const path = SPEC.child("source");
  const rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  return findings(
    validateDriverName(spec?.attacher, SPEC.child("attacher")),
    persistentVolumeName === undefined && !inlineVolumeSpec && fieldErrors.required(path, rule),
    persistentVolumeName !== undefined && inlineVolumeSpec && fieldErrors.forbidden(path, rule),
    persistentVolumeName === "" &&
      fieldErrors.required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName"),
    invalidTexts(SPEC.child("nodeName"), spec?.nodeName ?? "", isDns1123Subdomain(spec?.nodeName ?? "")),
  );
}

function validateStatus({ status }: V1VolumeAttachment): FieldError[] {
  return findings(
    (["attachError", "detachError"] as const).map(
      (field) =>
        (status?.[field]?.message?.length ?? 0) > ERROR_BYTES_MAX &&
        fieldErrors.tooLong(FieldPath.of("status", field, "message"), ERROR_BYTES_MAX),
    ),
  );
}
