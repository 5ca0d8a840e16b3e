import { FieldSet, humanDuration, isPathSegmentName } from "@drydock/apimachinery";
import type { V1CertificateSigningRequest, V1CertificateSigningRequestCondition } from "@drydock/kube-api";
import { timestamp } from "../../registry/object-meta.ts";
import { ageColumn, column, defineKind } from "../meta/define-kind.ts";
import { restoreField } from "../meta/rules.ts";
import { validateRequest, validateRequestConditions, validateStatusUpdate } from "./validate-request.ts";

/** Conditions that only the approval subresource sets. */
const VERDICTS: readonly string[] = ["Approved", "Denied"];

export const certificateSigningRequest = defineKind<V1CertificateSigningRequest>({
  group: "certificates.k8s.io",
  kind: "CertificateSigningRequest",
  resource: "certificatesigningrequests",
  shortNames: ["csr"],
  isNamespaced: false,
  schema: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  strategy: {
    validateName: isPathSegmentName,
    prepareForCreate(object, { user }) {
      if (object.spec) {
        const { spec } = object;
        // Who asks is who is logged in, whatever the request says.
        spec.username = user.name;
        restoreField(spec, { ...spec, uid: user.uid }, "uid");
        spec.groups = [...user.groups];
        delete spec.extra;
        if (user.extra)
          spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
      }
      object.status = {};
    },
    prepareForUpdate(object, old) {
      restoreField(object, old, "spec");
      restoreField(object, old, "status");
    },
    resetFields: FieldSet.ofPaths("spec", "status"),
    validate: validateRequest,
    validateUpdate: validateRequestConditions,
  },
  columns: [
    ageColumn,
    column("SignerName", ({ spec }) => spec?.signerName ?? "<none>"),
    column("Requestor", ({ spec }) => spec?.username ?? ""),
    column("RequestedDuration", ({ spec }) =>
      spec?.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    ),
    column("Condition", conditionText),
  ],
  selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  subresources: {
    status: {
      resetFields: FieldSet.ofPaths("spec", "status.conditions"),
      prepareForUpdate(object, old, { nowMs }) {
        restoreField(object, old, "spec");
        const verdicts = (old.status?.conditions ?? []).filter(({ type }) => VERDICTS.includes(type));
        const others = (object.status?.conditions ?? []).filter(({ type }) => !VERDICTS.includes(type));
        object.status ??= {};
        setConditions(object, [...verdicts, ...others]);
        stampConditions(object, old, nowMs);
      },
      validateUpdate: validateStatusUpdate,
    },
    other: ["approval"],
  },
});

/** What an approver may change: the verdict, and nothing else. */
export function prepareApproval(
  object: V1CertificateSigningRequest,
  old: V1CertificateSigningRequest,
  nowMs: number,
): void {
  const conditions = object.status?.conditions ?? [];
  restoreField(object, old, "spec");
  object.status = { ...old.status };
  setConditions(object, conditions);
  stampConditions(object, old, nowMs);
}

function setConditions(
  { status }: V1CertificateSigningRequest,
  conditions: V1CertificateSigningRequestCondition[],
): void {
  if (!status) return;
  if (conditions.length > 0) status.conditions = conditions;
  else delete status.conditions;
}

function stampConditions(object: V1CertificateSigningRequest, old: V1CertificateSigningRequest, nowMs: number): void {
  for (const condition of object.status?.conditions ?? []) {
    const before = old.status?.conditions?.find(({ type }) => type === condition.type);
    condition.lastUpdateTime ??= timestamp(nowMs);
    condition.lastTransitionTime ??=
      before?.status === condition.status && before.lastTransitionTime ? before.lastTransitionTime : timestamp(nowMs);
  }
}

function conditionText({ status }: V1CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type);
  const words = [has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending"];
  if (has("Failed")) words.push("Failed");
  if (status?.certificate) words.push("Issued");
  return words.join(",");
}
