import type { Prng } from "@drydock/base";
import {
  type Configuration,
  type ConfigurationChange,
  changeConfiguration,
  type Entry,
  leaveJoint,
  type NodeId,
} from "@drydock/raft";
import { bytesOf, textOf } from "./log-file.ts";

/** Changes of membership as entries of the log, and which of them somebody might want; new members come as learners first. */

const VOTERS_MIN = 3;
const VOTERS_MAX = 5;

export function encodeChanges(changes: readonly ConfigurationChange[]): Uint8Array {
  return bytesOf(JSON.stringify(changes));
}

/** The configuration behind an entry; one without data ends a joint configuration. */
export function configurationAfter(current: Configuration, { data }: Entry): Configuration {
  if (data.length === 0) return leaveJoint(current);
  const verdict = changeConfiguration(current, JSON.parse(textOf(data)) as ConfigurationChange[]);
  return verdict.kind === "changed" ? verdict.configuration : current;
}

/** `freshId` makes the id of a member that never was. */
export function planChange(
  { voters, learners }: Configuration,
  prng: Prng,
  freshId: () => NodeId,
): ConfigurationChange[] {
  const [learner] = learners;
  const gone: ConfigurationChange = { kind: "remove", id: voters[prng.integer(voters.length)] as NodeId };
  if (learner === undefined) {
    if (voters.length > VOTERS_MIN && prng.next() < 0.5) return [gone];
    return [{ kind: "add-learner", id: freshId() }];
  }
  const added: ConfigurationChange = { kind: "add-voter", id: learner };
  if (prng.next() < 0.1) return [{ kind: "remove", id: learner }];
  return voters.length >= VOTERS_MAX || prng.next() < 0.5 ? [gone, added] : [added];
}
