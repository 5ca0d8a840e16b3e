import { FieldPath } from "@drydock/apimachinery";
import type {
  ResourceV1ResourceClaim,
  V1DeviceClaim,
  V1DeviceToleration,
  V1ResourceClaimTemplate,
} from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { validateAnnotationKeys, validateLabels } from "../meta/label-rules.ts";
import { findings, immutable } from "../meta/rules.ts";
import { validateAdminRequests, validateAdminResults } from "./admin-access.ts";
import { validateDeviceClaim } from "./validate-claim.ts";
import { validateClaimStatus } from "./validate-claim-status.ts";

const SPEC = FieldPath.of("spec");

export const resourceClaim = defineKind<ResourceV1ResourceClaim>({
  group: "resource.k8s.io",
  kind: "ResourceClaim",
  resource: "resourceclaims",
  schema: "io.k8s.api.resource.v1.ResourceClaim",
  strategy: {
    ...separateStatus.main,
    setDefaults: ({ spec }) => setClaimDefaults(spec?.devices),
    prepareForCreate(object) {
      object.status = {};
    },
    validateInNamespace: ({ spec, status }, old, labels) =>
      old
        ? validateAdminResults(status?.allocation?.devices?.results, old.status?.allocation?.devices?.results, labels)
        : validateAdminRequests(spec?.devices, labels),
    validate: ({ spec }) => validateDeviceClaim(spec?.devices, SPEC.child("devices")),
    validateUpdate: (object, old) => immutable(object.spec, old.spec, SPEC),
  },
  columns: [column("State", stateText)],
  subresources: {
    status: {
      ...separateStatus.statusAlone,
      prepareForUpdate(object, old) {
        separateStatus.statusAlone.prepareForUpdate(object, old);
        // With the allocation goes what was said of its devices.
        if (!object.status?.allocation) delete object.status?.devices;
      },
      validateUpdate: validateClaimStatus,
    },
  },
});

export const resourceClaimTemplate = defineKind<V1ResourceClaimTemplate>({
  group: "resource.k8s.io",
  kind: "ResourceClaimTemplate",
  resource: "resourceclaimtemplates",
  schema: "io.k8s.api.resource.v1.ResourceClaimTemplate",
  strategy: {
    setDefaults: ({ spec }) => setClaimDefaults(spec?.spec?.devices),
    validateInNamespace: ({ spec }, old, labels) => (old ? [] : validateAdminRequests(spec?.spec?.devices, labels)),
    validate: ({ spec }) =>
      findings(
        validateLabels(spec?.metadata?.labels, SPEC.child("metadata", "labels")),
        validateAnnotationKeys(spec?.metadata?.annotations, SPEC.child("metadata", "annotations")),
        validateDeviceClaim(spec?.spec?.devices, SPEC.child("spec", "devices")),
      ),
    validateUpdate: (object, old) => immutable(object.spec, old.spec, SPEC),
  },
});

function setClaimDefaults(claim: V1DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable } of claim?.requests ?? [])
    for (const asked of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      asked.allocationMode ||= "ExactCount";
      if (asked.allocationMode === "ExactCount") asked.count ||= 1;
      setTolerationDefaults(asked.tolerations);
    }
}

function setTolerationDefaults(tolerations: readonly V1DeviceToleration[] | undefined): void {
  for (const toleration of tolerations ?? []) toleration.operator ||= "Equal";
}

function stateText({ metadata, status }: ResourceV1ResourceClaim): string {
  const isGoing = metadata.deletionTimestamp !== undefined;
  const states = isGoing ? ["deleted"] : [];
  if (status?.allocation) states.push("allocated", ...(status.reservedFor?.length ? ["reserved"] : []));
  else if (!isGoing) states.push("pending");
  return states.join(",");
}
