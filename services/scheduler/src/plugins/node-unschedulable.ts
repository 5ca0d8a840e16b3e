import { tolerates } from "../framework/node-selection.ts";
import { FITS, type FilterPlugin, unresolvable } from "../framework/types.ts";

const TAINT = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeUnschedulable = {
  name: "NodeUnschedulable",
  wakesOn: ["node-added", "node-updated"],
  filter({ spec }, { node }) {
    if (!node.spec?.unschedulable) return FITS;
    return (spec?.tolerations ?? []).some((toleration) => tolerates(toleration, TAINT))
      ? FITS
      : unresolvable("node(s) were unschedulable");
  },
} satisfies FilterPlugin;
