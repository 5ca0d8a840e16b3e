import type { KubeObject } from "@drydock/apimachinery";
import type { CallContext } from "../registry/call.ts";
import type { ResourceDefinition } from "../registry/definition.ts";

export interface AdmissionRequest {
  readonly operation: "create" | "update" | "delete" | "connect";
  readonly definition: ResourceDefinition;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty when the server is to generate it. */
  readonly name: string;
  /** The object to be stored, private to the request: mutating plugins change it in place. Undefined for delete. */
  readonly object: KubeObject | undefined;
  /** The stored object; undefined for create. Never changed. */
  readonly oldObject: KubeObject | undefined;
  readonly isDryRun: boolean;
  readonly context: CallContext;
}

/** One admission plugin. Rejects by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Runs in list order before validation; may change `request.object`. */
  mutate?(request: AdmissionRequest): Promise<void> | void;
  /** Runs in list order after mutation and validation. */
  validate?(request: AdmissionRequest): Promise<void> | void;
}

/** The ordered list of plugins as one. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) await plugin.mutate?.(request);
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(request);
  }
}
