import type { V1Pod } from "@drydock/kube-api";
import type { AdmissionPlugin } from "./admission.ts";

const SECONDS = 300;
const TAINTS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Pods stay five minutes on a node that fails, unless they say otherwise. */
export function defaultTolerationSeconds(seconds = SECONDS): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    mutate({ operation, definition, subresource, object }) {
      if (operation !== "create" || definition.kind !== "Pod" || subresource !== "") return;
      const { spec } = object as V1Pod;
      if (!spec) return;
      for (const key of TAINTS) {
        const isTolerated = (spec.tolerations ?? []).some(
          (toleration) =>
            (toleration.key === key || !toleration.key) && (toleration.effect === "NoExecute" || !toleration.effect),
        );
        if (!isTolerated)
          spec.tolerations = [
            ...(spec.tolerations ?? []),
            { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds },
          ];
      }
    },
  };
}
