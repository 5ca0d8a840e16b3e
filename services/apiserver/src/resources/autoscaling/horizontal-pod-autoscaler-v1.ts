import type { KubeObject } from "@drydock/apimachinery";
import type { V1HorizontalPodAutoscaler, V2HorizontalPodAutoscaler } from "@drydock/kube-api";
import { column, defineKind, separateStatus } from "../meta/define-kind.ts";
import { referenceText, targetsText } from "./autoscaler-columns.ts";
import { fromV2, toV2 } from "./convert-v1.ts";
import { setAutoscalerDefaults, validateAutoscaler, validateAutoscalerStatus } from "./horizontal-pod-autoscaler.ts";

const asV2 = (object: V1HorizontalPodAutoscaler): V2HorizontalPodAutoscaler => {
  const converted = toV2(object);
  setAutoscalerDefaults(converted);
  return converted;
};

/** The older form of the same stored objects: what it has no fields for travels in annotations. */
export const horizontalPodAutoscalerV1 = defineKind<V1HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  schema: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  conversion: {
    storageGroup: "autoscaling",
    storageVersion: "v2",
    storageKind: "HorizontalPodAutoscaler",
    toStorage: asV2,
    fromStorage: (object: KubeObject) => fromV2(object as V2HorizontalPodAutoscaler),
  },
  strategy: {
    ...separateStatus.main,
    setDefaults({ spec }) {
      if (spec) spec.minReplicas ??= 1;
    },
    prepareForCreate(object) {
      object.status = { currentReplicas: 0, desiredReplicas: 0 };
    },
    validate: (object) => validateAutoscaler(asV2(object)),
    validateUpdate: (object) => validateAutoscaler(asV2(object)),
  },
  columns: [
    column("Reference", ({ spec }) => referenceText(spec?.scaleTargetRef)),
    column("Targets", (object) => {
      const { spec, status } = asV2(object);
      return targetsText(spec?.metrics ?? [], status?.currentMetrics ?? []);
    }),
    column("MinPods", ({ spec }) => String(spec?.minReplicas ?? "<unset>")),
    column("MaxPods", ({ spec }) => spec?.maxReplicas ?? 0),
    column("Replicas", ({ status }) => status?.currentReplicas ?? 0),
  ],
  subresources: {
    status: {
      prepareForUpdate: separateStatus.status.prepareForUpdate,
      validateUpdate: (object) => validateAutoscalerStatus(asV2(object)),
    },
  },
});
