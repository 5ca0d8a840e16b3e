import type { V1Job } from "@drydock/kube-api";
import { countCommon, countIndexes, type IndexRanges, parseIndexRanges } from "./index-ranges.ts";

/** Which rule of the Job's success policy is met by what has succeeded, in upstream's words; undefined if none is. */
export function matchSuccessPolicy({ spec }: V1Job, succeeded: IndexRanges): string | undefined {
  if (succeeded.length === 0) return undefined;
  const index = (spec?.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount;
    const required = parseIndexRanges(succeededIndexes, spec?.completions ?? 0);
    const reached = countCommon(required, succeeded);
    if (required.length === 0) return false;
    return reached === countIndexes(required) || (succeededCount !== undefined && reached >= succeededCount);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
