import type { V1Pod } from "@drydock/kube-api";

/** Where a daemon pod is, or will be once it is bound; empty when nothing says so. */
export function nodeOf({ spec }: V1Pod): string {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const field = terms?.[0]?.matchFields?.find(({ key }) => key === "metadata.name");
  return spec?.nodeName || (field?.values?.[0] ?? "");
}
