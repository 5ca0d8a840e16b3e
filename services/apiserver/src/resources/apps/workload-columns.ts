import type { Column } from "@drydock/apimachinery";
import type { V1PodTemplateSpec } from "@drydock/kube-api";
import { column } from "../meta/define-kind.ts";

interface Counted {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number };
}

/** Desired, current and ready pods. */
export function replicaCountColumns<T extends Counted>(): Column<T>[] {
  return [
    column<T>("Desired", ({ spec }) => spec?.replicas ?? 0, { type: "integer" }),
    column<T>("Current", ({ status }) => status?.replicas ?? 0, { type: "integer" }),
    column<T>("Ready", ({ status }) => status?.readyReplicas ?? 0, { type: "integer" }),
  ];
}

export function workloadContainers(template: V1PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ name }) => name).join(",");
}

export function workloadImages(template: V1PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image }) => image ?? "").join(",");
}
