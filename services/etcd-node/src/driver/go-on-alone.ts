import { decodeCommand } from "../apply/command-codec.ts";
import type { Restored } from "./open-state.ts";

/**
 * etcd's --force-new-cluster: the other members are removed, and this one is the whole cluster. Everything that is in its log is applied: how
 * much of it was committed is written only now and then, and what somebody was promised may be the last entry. The log begins anew behind an
 * entry that nobody has, so that no other member can ever take it for its own.
 */
export async function goOnAlone(restored: Restored): Promise<Restored> {
  const { identity, wal, state, entries, applied } = restored;
  const { machine, backend } = state;
  for (const entry of entries)
    if (entry.index > applied && entry.data.length > 0)
      machine.apply(decodeCommand(entry.data as Buffer), entry.index, 0);
  for (const { id } of machine.members.all) if (id !== identity.memberId) machine.members.remove(id);
  if (machine.members.expect(identity.memberId).isLearner) machine.members.promote(identity.memberId);
  const configuration = { voters: [identity.memberId], outgoing: [], learners: [] };
  const term = restored.hardState.term + 1;
  const snapshot = { index: Math.max(entries.at(-1)?.index ?? 0, applied) + 1, term, configuration };
  const hardState = { term, vote: "", commit: snapshot.index };
  backend.setApplied(snapshot);
  await backend.sync();
  await wal.save([
    { kind: "snapshot", snapshot },
    { kind: "hard-state", hardState },
  ]);
  return { identity, wal, state, hardState, snapshot, entries: [], applied: snapshot.index, configuration };
}
