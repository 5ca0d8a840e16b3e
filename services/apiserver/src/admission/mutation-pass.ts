import { deepClone, deepEqual, type KubeObject } from "@drydock/apimachinery";

/** One request's way through the mutating plugins, which may be taken twice. */
export class MutationPass {
  readonly #participants = new Map<string, Participants>();
  #isWanted = false;
  #isAgain = false;

  /** The plugins run for the second time. */
  get isAgain(): boolean {
    return this.#isAgain;
  }

  /** Somebody changed the object after others had seen it. */
  wantAgain(): void {
    this.#isWanted = true;
  }

  /** Whether there is to be a second run; that it has begun. */
  beginAgain(): boolean {
    this.#isAgain = this.#isWanted;
    return this.#isAgain;
  }

  /** Those that a plugin asks, with what it must remember of them between the runs. */
  participantsOf(plugin: string): Participants {
    let found = this.#participants.get(plugin);
    if (!found) {
      found = new Participants();
      this.#participants.set(plugin, found);
    }
    return found;
  }
}

/** Which webhooks or policies are to be asked again: those that want to be, and were asked before something changed. */
export class Participants {
  #asked = new Set<string>();
  readonly #again = new Set<string>();
  #output: KubeObject | undefined;

  /** It was asked, and wants to be again if something changes. */
  add(id: string): void {
    this.#asked.add(id);
  }

  /** Something changed: everybody so far is concerned. */
  requireAgain(): void {
    for (const id of this.#asked) this.#again.add(id);
    this.#asked = new Set();
  }

  isRequired(id: string): boolean {
    return this.#again.has(id);
  }

  /** How they leave the object. Where nobody wants to be asked again, nobody will ask. */
  rememberOutput(object: KubeObject | undefined): void {
    const isOfUse = this.#asked.size + this.#again.size > 0;
    this.#output = isOfUse && object ? deepClone(object) : undefined;
  }

  isOutput(object: KubeObject | undefined): boolean {
    return deepEqual(this.#output, object);
  }
}
