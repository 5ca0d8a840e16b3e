import { StatusError } from "@drydock/apimachinery";
import type { Logger } from "@drydock/component";
import type { V1ValidatingAdmissionPolicy } from "@drydock/kube-api";
import { loopbackUser } from "../../../authentication/user-info.ts";
import type { Registry, ResourceStore } from "../../../registry/registry.ts";
import { update } from "../../../verbs/update.ts";
import { checkTypes } from "./check-types.ts";

const RETRY_MS = 1000;

/**
 * Writes into the status of each ValidatingAdmissionPolicy what is wrong with the types of its expressions. Upstream does so in the
 * controller manager, which asks the server for all schemas; here they are at hand.
 */
export class PolicyStatusController {
  readonly #registry: Registry;
  readonly #policies: ResourceStore;
  readonly #log: Pick<Logger, "warn">;
  readonly #pending = new Set<string>();
  readonly #stopping = new AbortController();
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;

  constructor(registry: Registry, log: Pick<Logger, "warn">) {
    this.#registry = registry;
    this.#policies = registry.require("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies");
    this.#log = log;
  }

  /** The caches must be filled, and custom kinds be served. */
  start(): void {
    this.#unlisten = this.#policies.cache.listen({
      onEvent: ({ object }) => object && this.#enqueue(object.object),
      onReset: () => this.#enqueueAll(),
    });
    this.#enqueueAll();
  }

  stop(): void {
    this.#stopping.abort(new Error("stopping"));
    this.#unlisten?.();
    clearTimeout(this.#timer);
  }

  #enqueueAll(): void {
    for (const { object } of this.#policies.cache.scan()) this.#enqueue(object);
  }

  #enqueue(policy: V1ValidatingAdmissionPolicy): void {
    if (policy.status?.observedGeneration === policy.metadata.generation) return;
    this.#pending.add(policy.metadata.name);
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const name of this.#pending) {
      this.#pending.delete(name);
      await this.#reconcile(name).catch((error: Error) => this.#retry(name, error));
      if (this.#stopping.signal.aborted) break;
    }
    this.#isRunning = false;
  }

  #retry(name: string, error: Error): void {
    const isGone = error instanceof StatusError && error.code === 404;
    if (isGone || this.#stopping.signal.aborted) return;
    this.#log.warn({ err: error.message, policy: name }, "the types of a policy are not checked yet");
    this.#timer = setTimeout(() => {
      this.#pending.add(name);
      void this.#run();
    }, RETRY_MS);
  }

  async #reconcile(name: string): Promise<void> {
    await update(this.#policies, {
      namespace: "",
      name,
      subresource: "status",
      isDryRun: false,
      context: {
        user: loopbackUser,
        nowMs: this.#registry.ports.clock.nowMs(),
        signal: this.#stopping.signal,
        fieldManager: "kube-apiserver",
        isComponent: true,
        warn: () => {},
      },
      mayCreate: "never",
      next: (current) => checked(current as V1ValidatingAdmissionPolicy, this.#registry),
    });
  }
}

function checked(policy: V1ValidatingAdmissionPolicy, registry: Registry): V1ValidatingAdmissionPolicy {
  const { generation } = policy.metadata;
  const warnings = checkTypes(policy, registry);
  const status = {
    ...policy.status,
    ...(generation !== undefined && { observedGeneration: generation }),
    typeChecking: warnings.length > 0 ? { expressionWarnings: warnings } : {},
  };
  return { ...policy, status };
}
