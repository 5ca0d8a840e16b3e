import type { V1CustomResourceDefinition } from "@drydock/kube-api";
import { setCondition } from "../../custom-resources/controller/conditions.ts";
import { cleanupFinalizer, crdGroup, storageVersionOf } from "../../custom-resources/definition-types.ts";
import { timestamp } from "../../registry/object-meta.ts";
import { createdColumn, defineKind, generationFromSpec, nameColumn, separateStatus } from "../meta/define-kind.ts";
import { normalizeSchemas } from "./normalize-schema.ts";
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from "./validate-definition.ts";

export const customResourceDefinition = defineKind<V1CustomResourceDefinition>({
  group: crdGroup,
  kind: "CustomResourceDefinition",
  resource: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  isNamespaced: false,
  schema: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  storagePrefix: "apiextensions.k8s.io/customresourcedefinitions",
  strategy: {
    ...generationFromSpec,
    setDefaults,
    prepareForCreate(crd) {
      crd.status = { acceptedNames: { kind: "", plural: "" }, conditions: [], storedVersions: [] };
      noteStoredVersion(crd);
    },
    validate: (crd) => validateDefinition(crd),
    prepareForUpdate(crd, old) {
      separateStatus.main.prepareForUpdate(crd, old);
      noteStoredVersion(crd);
    },
    validateUpdate: validateDefinitionUpdate,
    prepareForDelete(crd, nowMs) {
      // As for namespaces, upstream's store marks it by itself: neither a grace period nor another generation.
      crd.metadata.deletionTimestamp = timestamp(nowMs);
      const finalizers = crd.metadata.finalizers ?? [];
      if (!finalizers.includes(cleanupFinalizer)) crd.metadata.finalizers = [...finalizers, cleanupFinalizer];
      setCondition(
        crd,
        {
          type: "Terminating",
          status: "True",
          reason: "InstanceDeletionPending",
          message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        },
        timestamp(nowMs),
      );
    },
    allowUnconditionalUpdate: false,
  },
  allColumns: [nameColumn, createdColumn],
  subresources: {
    status: {
      resetFields: separateStatus.statusAlone.resetFields,
      prepareForUpdate: separateStatus.status.prepareForUpdate,
      validateUpdate: validateDefinitionStatus,
    },
  },
});

function setDefaults(crd: V1CustomResourceDefinition): void {
  const { spec } = crd;
  if (spec) normalizeSchemas(crd);
  if (!spec?.names) return;
  const { names } = spec;
  names.singular ||= (names.kind ?? "").toLowerCase();
  names.listKind ||= names.kind ? `${names.kind}List` : "";
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

/** Every version that was ever the stored one, until somebody has migrated the objects and takes it off the list. */
function noteStoredVersion(crd: V1CustomResourceDefinition): void {
  if (!crd.spec?.versions?.length) return;
  const { name } = storageVersionOf(crd);
  const known = crd.status?.storedVersions ?? [];
  if (crd.status && name && !known.includes(name)) crd.status.storedVersions = [...known, name];
}
