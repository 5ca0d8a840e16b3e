import type { Prng } from "@drydock/base";
import type { Configuration, LogIndex, NodeId } from "@drydock/raft";
import type { Agenda } from "./agenda.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Faults } from "./faults.ts";
import type { Parcel } from "./virtual-network.ts";
import type { Witness } from "./witness.ts";

/** What surrounds the members of a simulation. */
export interface World {
  readonly agenda: Agenda;
  readonly prng: Prng;
  readonly behaviour: Behaviour;
  readonly witness: Witness;
  faults(): Faults;
  send(parcel: Parcel): void;
  /** Tells the sender of a snapshot what became of it. */
  snapshotFate(from: NodeId, to: NodeId, hasArrived: boolean): void;
  freshNumber(): number;
  /** A member has applied this; others may have before it. */
  configured(index: LogIndex, configuration: Configuration): void;
  leaseEnded(lease: string): void;
}
