import type { Prng } from "@drydock/base";
import type { Message, NodeId } from "@drydock/raft";
import type { Agenda } from "./agenda.ts";
import type { Faults } from "./faults.ts";

/** With a snapshot travels the state itself. */
export interface Parcel {
  readonly message: Message;
  readonly state?: unknown;
}

/** Between members: loses, repeats, delays and so reorders; links are cut in each direction by itself. */
export class VirtualNetwork {
  readonly #agenda: Agenda;
  readonly #prng: Prng;
  readonly #faults: () => Faults;
  readonly #deliver: (parcel: Parcel) => void;
  /** Of snapshots the sender always learns the fate. */
  readonly #lost: (parcel: Parcel) => void;
  readonly #cut = new Set<string>();

  constructor(
    agenda: Agenda,
    prng: Prng,
    faults: () => Faults,
    handlers: { deliver(parcel: Parcel): void; lost(parcel: Parcel): void },
  ) {
    this.#agenda = agenda;
    this.#prng = prng;
    this.#faults = faults;
    this.#deliver = handlers.deliver;
    this.#lost = handlers.lost;
  }

  send(parcel: Parcel): void {
    const { loss, duplication, maxDelay } = this.#faults();
    const { type } = parcel.message;
    if (this.#prng.next() < loss) {
      this.#lost(parcel);
      return;
    }
    // A proposal comes over a stream, which repeats nothing: twice on its way it would be two commands.
    const canRepeat = type !== "snapshot" && type !== "propose";
    const copies = canRepeat && this.#prng.next() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      this.#agenda.after(1 + this.#prng.integer(maxDelay), () => this.#arrive(parcel));
  }

  /** Everything between the two groups is cut, in one direction or both. */
  cut(from: readonly NodeId[], to: readonly NodeId[], isBothWays: boolean): void {
    for (const a of from)
      for (const b of to) {
        this.#cut.add(`${a}>${b}`);
        if (isBothWays) this.#cut.add(`${b}>${a}`);
      }
  }

  heal(): void {
    this.#cut.clear();
  }

  #arrive(parcel: Parcel): void {
    const { from, to } = parcel.message;
    if (this.#cut.has(`${from}>${to}`)) this.#lost(parcel);
    else this.#deliver(parcel);
  }
}
