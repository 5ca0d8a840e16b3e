import type { NodeId } from "@drydock/raft";

/** What a member computed over everything from its last compaction up to a revision. */
export interface MemberHash {
  readonly member: NodeId;
  readonly revision: number;
  readonly compactRevision: number;
  readonly hash: number;
}

export type CorruptionVerdict =
  | { readonly kind: "agree"; readonly members: readonly NodeId[] }
  /** Too few hashes are of the same span: nothing can be said. */
  | { readonly kind: "not-comparable" }
  /** `corrupt`: those that differ from a majority of the cluster, or everybody when there is none to believe. */
  | { readonly kind: "differ"; readonly corrupt: readonly NodeId[]; readonly message: string };

/** Compares members' hashes with one member's: only those of the same revision and the same compaction say something about each other. */
export function compareHashes(own: MemberHash, others: readonly MemberHash[], clusterSize: number): CorruptionVerdict {
  const comparable = [own, ...others.filter((other) => isSameSpan(own, other))];
  if (comparable.length < 2) return { kind: "not-comparable" };
  const byHash = Map.groupBy(comparable, ({ hash }) => hash);
  if (byHash.size === 1) return { kind: "agree", members: comparable.map(({ member }) => member) };
  const majority = [...byHash.values()].find((group) => group.length > clusterSize / 2);
  const corrupt = comparable.filter((each) => !majority?.includes(each)).map(({ member }) => member);
  const hashes = comparable.map(({ member, hash }) => `${member} has ${hash.toString(16)}`);
  const span = `revision ${own.revision} (compacted at ${own.compactRevision})`;
  return { kind: "differ", corrupt, message: `members differ at ${span}: ${hashes.join(", ")}` };
}

function isSameSpan(a: MemberHash, b: MemberHash): boolean {
  return a.revision === b.revision && a.compactRevision === b.compactRevision;
}
