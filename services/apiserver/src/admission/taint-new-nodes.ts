import type { V1Node } from "@drydock/kube-api";
import type { AdmissionPlugin } from "./admission.ts";

const NOT_READY = "node.kubernetes.io/not-ready";

/** A new node gets no pods before its first status says that it is ready (upstream's TaintNodesByCondition). */
export const taintNewNodes: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  mutate({ operation, definition, subresource, object }) {
    if (operation !== "create" || definition.kind !== "Node" || subresource !== "") return;
    const node = object as V1Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY && effect === "NoSchedule")) return;
    node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: "NoSchedule" }] };
  },
};
