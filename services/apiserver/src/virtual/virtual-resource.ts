import type { Call } from "../registry/call.ts";
import type { Verb } from "../registry/definition.ts";
import type { Outcome } from "../verbs/outcome.ts";

/** A resource that is answered, not stored: the reviews, and what can be seen of the server's own surroundings. */
export interface VirtualResource {
  readonly definition: VirtualDefinition;
  run(call: Call): Promise<Outcome>;
}

export interface VirtualDefinition {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly schema: string;
  readonly isPlain?: boolean;
  readonly deprecation?: string;
  readonly shortNames?: readonly string[];
  /** `create` alone unless said otherwise. */
  readonly verbs?: readonly Verb[];
}

export class VirtualResources {
  readonly #byId = new Map<string, VirtualResource>();

  constructor(resources: readonly VirtualResource[]) {
    for (const resource of resources) {
      const { group, version, resource: plural } = resource.definition;
      this.#byId.set(`${group}/${version}/${plural}`, resource);
    }
  }

  find(group: string, version: string, resource: string): VirtualResource | undefined {
    return this.#byId.get(`${group}/${version}/${resource}`);
  }

  get all(): Iterable<VirtualResource> {
    return this.#byId.values();
  }
}
