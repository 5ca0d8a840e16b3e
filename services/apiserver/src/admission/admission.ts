import type { GroupVersionKind, KubeObject } from "@drydock/apimachinery";
import type { CallContext } from "../registry/call.ts";
import type { ResourceDefinition } from "../registry/definition.ts";
import { keepManagedFields } from "./keep-managed-fields.ts";
import { MutationPass } from "./mutation-pass.ts";

/** What admission knows of a resource: of what is answered and not stored, there is less to know. */
export type AdmittedResource = Pick<
  ResourceDefinition,
  "group" | "version" | "kind" | "resource" | "isNamespaced" | "schema" | "custom" | "conversion"
> &
  Partial<Pick<ResourceDefinition, "storagePrefix" | "strategy">>;

export interface AdmissionRequest {
  readonly operation: "create" | "update" | "delete" | "connect";
  readonly definition: AdmittedResource;
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
  /** The options of the call, as an object of `meta.k8s.io/v1`. */
  readonly options?: object | undefined;
  /** What webhooks and policies see where that is not the object itself. */
  readonly view?: AdmissionView | undefined;
  /** Webhooks and policies were asked about this write in another form, and are not asked again. */
  readonly isReviewed?: boolean | undefined;
  /** One of many that are deleted together: `name` is its own, the request has none. */
  readonly isOfCollection?: boolean | undefined;
}

/** A write as its client knows it: a Scale, a Binding, the options of a connection. */
export interface AdmissionView {
  readonly kind: GroupVersionKind;
  /** Changed in place by mutating plugins. */
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  /** Brings a change of `object` to what will be stored. */
  accept?(): void;
}

/** One admission plugin. Rejects by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Asks what is configured by objects: webhooks and policies. All others judge stored objects and never see connections. */
  readonly isDynamic?: boolean;
  /** Runs in list order before validation; may change `request.object`. */
  mutate?(request: AdmissionRequest, pass: MutationPass): Promise<void> | void;
  /** Runs in list order after mutation and validation. */
  validate?(request: AdmissionRequest): Promise<void> | void;
}

/** The ordered list of plugins as one. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #dynamic: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
    this.#dynamic = plugins.filter(({ isDynamic }) => isDynamic);
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    await keepManagedFields(request, () => mutateBy(this.#for(request), request));
  }

  async validate(request: AdmissionRequest): Promise<void> {
    await validateBy(this.#for(request), request);
  }

  /** Both, by what is configured alone: for what is not a write of the object that the plugins know. */
  async review(request: AdmissionRequest): Promise<void> {
    await mutateBy(this.#dynamic, request);
    await validateBy(this.#dynamic, request);
  }

  #for({ isReviewed }: AdmissionRequest): readonly AdmissionPlugin[] {
    return isReviewed ? this.#plugins.filter(({ isDynamic }) => !isDynamic) : this.#plugins;
  }
}

/** A change by a webhook or a policy may concern those who have spoken already: then all are asked a second time, and never a third. */
async function mutateBy(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  const pass = new MutationPass();
  for (const plugin of plugins) await plugin.mutate?.(request, pass);
  if (!pass.beginAgain()) return;
  for (const plugin of plugins) await plugin.mutate?.(request, pass);
}

async function validateBy(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  for (const plugin of plugins) await plugin.validate?.(request);
}
