import type { KubeObject } from "@drydock/apimachinery";
import type { V1CustomResourceDefinition, V1CustomResourceDefinitionVersion } from "@drydock/kube-api";
import type { Structural } from "./schema/structural.ts";

export const crdGroup = "apiextensions.k8s.io";
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** The schema of a version; one without a schema takes anything. */
export function schemaOfVersion({ schema }: V1CustomResourceDefinitionVersion): Structural {
  return (
    (schema?.openAPIV3Schema as Structural | undefined) ?? {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    }
  );
}

export function storageVersionOf({ spec }: V1CustomResourceDefinition): V1CustomResourceDefinitionVersion {
  return spec.versions.find(({ storage }) => storage) ?? (spec.versions[0] as V1CustomResourceDefinitionVersion);
}

function conditionOf({ status }: V1CustomResourceDefinition, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(crd: V1CustomResourceDefinition, type: string): boolean {
  return conditionOf(crd, type)?.status === "True";
}

/** Below `/registry/`. */
export function storagePrefixOf({ spec }: V1CustomResourceDefinition): string {
  return `${spec.group}/${spec.names.plural}`;
}

export type CustomObject = KubeObject & { [field: string]: unknown };
