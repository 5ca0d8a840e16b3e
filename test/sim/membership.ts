import type { Prng } from "@drydock/base";
import type { Configuration, Entry, NodeId } from "@drydock/raft";
import { bytesOf, textOf } from "./log-file.ts";

/** Changes of membership, as a driver makes them: through joint configurations, new members as learners first. */

const VOTERS_MIN = 3;
const VOTERS_MAX = 5;

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  return bytesOf(JSON.stringify(configuration));
}

export function decodeConfiguration(entry: Entry): Configuration {
  return JSON.parse(textOf(entry.data)) as Configuration;
}

export function isJoint({ outgoing }: Configuration): boolean {
  return outgoing.length > 0;
}

export function leaveJoint({ voters, learners }: Configuration): Configuration {
  return { voters, outgoing: [], learners };
}

/** The next configuration that somebody might want. `freshId` makes the id of a member that never was. */
export function planChange(current: Configuration, prng: Prng, freshId: () => NodeId): Configuration {
  const { voters, learners } = current;
  const [learner] = learners;
  if (learner === undefined) {
    if (voters.length > VOTERS_MIN && prng.next() < 0.5) return withVoters(current, without(voters, prng), learners);
    return { ...current, learners: [freshId()] };
  }
  const kept = voters.length >= VOTERS_MAX || prng.next() < 0.5 ? without(voters, prng) : voters;
  return withVoters(current, [...kept, learner], learners.slice(1));
}

function without(voters: readonly NodeId[], prng: Prng): NodeId[] {
  const gone = prng.integer(voters.length);
  return voters.filter((_, index) => index !== gone);
}

function withVoters(
  { voters: outgoing }: Configuration,
  voters: readonly NodeId[],
  learners: readonly NodeId[],
): Configuration {
  return { voters, outgoing, learners };
}
