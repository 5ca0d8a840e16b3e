import type { Configuration, NodeId } from "./types.ts";

/** One step of a membership change. Adding somebody who is there already moves it: a learner becomes voter, a voter learner. */
export type ConfigurationChange =
  | { readonly kind: "add-voter"; readonly id: NodeId }
  | { readonly kind: "add-learner"; readonly id: NodeId }
  | { readonly kind: "remove"; readonly id: NodeId };

/** `configuration` is a joint one (its `outgoing` is not empty) when more than one voter changes. */
export type ConfigurationVerdict =
  | { readonly kind: "changed"; readonly configuration: Configuration }
  | { readonly kind: "refused"; readonly reason: "already joint" | "no voters left" };

/**
 * The configuration that follows from these changes taken together. One voter more or less keeps majorities overlapping (Raft thesis
 * §4.1) and happens at once; more of them go through a joint configuration (§4.3), which `leaveJoint` ends.
 */
export function changeConfiguration(
  current: Configuration,
  changes: readonly ConfigurationChange[],
): ConfigurationVerdict {
  if (isJoint(current)) return { kind: "refused", reason: "already joint" };
  const voters = new Set(current.voters);
  const learners = new Set(current.learners);
  for (const { kind, id } of changes) {
    voters.delete(id);
    learners.delete(id);
    if (kind === "add-voter") voters.add(id);
    else if (kind === "add-learner") learners.add(id);
  }
  if (voters.size === 0) return { kind: "refused", reason: "no voters left" };
  const isSimple = countDifferences(current.voters, voters) <= 1;
  const outgoing = isSimple ? [] : [...current.voters];
  return { kind: "changed", configuration: { voters: [...voters], outgoing, learners: [...learners] } };
}

/** The joint configuration has been committed: from now on the new voters decide alone. */
export function leaveJoint(current: Configuration): Configuration {
  return { ...current, outgoing: [] };
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

function countDifferences(before: readonly NodeId[], after: ReadonlySet<NodeId>): number {
  const removed = before.filter((id) => !after.has(id)).length;
  return removed + (after.size - (before.length - removed));
}
