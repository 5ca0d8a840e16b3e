import { FieldPath, fieldErrors } from "@drydock/apimachinery";
import type { V1Lease } from "@drydock/kube-api";
import { column, defineKind } from "../meta/define-kind.ts";

const SPEC = FieldPath.of("spec");

export const lease = defineKind<V1Lease>({
  group: "coordination.k8s.io",
  kind: "Lease",
  resource: "leases",
  schema: "io.k8s.api.coordination.v1.Lease",
  strategy: {
    validate,
    validateUpdate: validate,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  columns: [column("Holder", ({ spec }) => spec?.holderIdentity ?? "")],
});

function validate({ spec }: V1Lease) {
  const seconds = spec?.leaseDurationSeconds;
  return seconds !== undefined && seconds <= 0
    ? [fieldErrors.invalid(SPEC.child("leaseDurationSeconds"), seconds, "must be greater than 0")]
    : [];
}
