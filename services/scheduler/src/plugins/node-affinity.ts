import { matchesTerm, matchesTerms } from "../framework/node-selection.ts";
import { FITS, type FilterPlugin, type ScorePlugin, unresolvable } from "../framework/types.ts";
import { normalizeToMax } from "./normalize.ts";

export const nodeAffinity = {
  name: "NodeAffinity",
  wakesOn: ["node-added", "node-updated"],
  filter({ spec }, { node }) {
    const labels = node.metadata.labels ?? {};
    const isSelected = Object.entries(spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
    const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const fits = isSelected && (!required || matchesTerms(required.nodeSelectorTerms, node));
    return fits ? FITS : unresolvable("node(s) didn't match Pod's node affinity/selector");
  },
  score({ spec }, { node }) {
    const preferred = spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred
      .filter(({ preference }) => matchesTerm(preference, node))
      .reduce((sum, { weight }) => sum + weight, 0);
  },
  normalize: normalizeToMax,
} satisfies FilterPlugin & ScorePlugin;
