import type { V1ComponentStatus } from "@drydock/kube-api";
import { column, defineKind, nameColumn } from "../meta/define-kind.ts";

/** Whether a part of the control plane works. Made when it is asked for, never stored. */
export const componentStatus = defineKind<V1ComponentStatus>({
  kind: "ComponentStatus",
  resource: "componentstatuses",
  shortNames: ["cs"],
  isNamespaced: false,
  schema: "io.k8s.api.core.v1.ComponentStatus",
  deprecation: "v1 ComponentStatus is deprecated in v1.19+",
  allColumns: [
    nameColumn,
    column("Status", ({ conditions }) => {
      const healthy = conditions?.find(({ type }) => type === "Healthy")?.status;
      return healthy === "True" ? "Healthy" : healthy === "False" ? "Unhealthy" : "Unknown";
    }),
    column("Message", ({ conditions }) => conditions?.find(({ type }) => type === "Healthy")?.message ?? ""),
    column("Error", ({ conditions }) => conditions?.find(({ type }) => type === "Healthy")?.error ?? ""),
  ],
});
