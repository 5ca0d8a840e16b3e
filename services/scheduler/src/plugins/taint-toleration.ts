import { tolerates } from "../framework/node-selection.ts";
import { FITS, type FilterPlugin, type ScorePlugin, unresolvable } from "../framework/types.ts";
import { normalizeReversed } from "./normalize.ts";

export const taintToleration = {
  name: "TaintToleration",
  wakesOn: ["node-added", "node-updated"],
  filter({ spec }, { node }) {
    const taint = (node.spec?.taints ?? [])
      .filter(({ effect }) => effect === "NoSchedule" || effect === "NoExecute")
      .find((candidate) => !(spec?.tolerations ?? []).some((toleration) => tolerates(toleration, candidate)));
    return taint ? unresolvable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`) : FITS;
  },
  /** Taints that would rather not have the pod: fewer is better. */
  score({ spec }, { node }) {
    const tolerations = (spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === "PreferNoSchedule");
    return (node.spec?.taints ?? []).filter(
      (taint) => taint.effect === "PreferNoSchedule" && !tolerations.some((toleration) => tolerates(toleration, taint)),
    ).length;
  },
  normalize: normalizeReversed,
} satisfies FilterPlugin & ScorePlugin;
