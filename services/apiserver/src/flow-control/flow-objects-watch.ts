import type { Logger } from "@drydock/component";
import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import { changesOf, RepeatedLook } from "../cache/repeated-look.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";
import type { FlowControl } from "./flow-control.ts";
import { planDangling } from "./plan-dangling.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const MANAGER = "api-priority-and-fairness-config-consumer-v1";

/** Gives flow control what the FlowSchemas and PriorityLevelConfigurations say, and keeps the schemas' condition Dangling. */
export class FlowObjectsWatch {
  readonly #schemas: ResourceStore;
  readonly #levels: ResourceStore;
  readonly #control: FlowControl;
  readonly #look: RepeatedLook;

  constructor(registry: Registry, control: FlowControl, logger: Pick<Logger, "warn">) {
    this.#schemas = registry.require(GROUP, "v1", "flowschemas");
    this.#levels = registry.require(GROUP, "v1", "prioritylevelconfigurations");
    this.#control = control;
    this.#look = new RepeatedLook(
      [this.#schemas, this.#levels].map(({ cache }) => changesOf(cache)),
      () => this.#read(),
      ({ message }) => logger.warn({ err: message }, "conditions of FlowSchemas are not written yet"),
    );
  }

  /** The caches must be filled. */
  start(): void {
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
  }

  async #read(): Promise<void> {
    const schemas = [...this.#schemas.cache.scan()].map(({ object }) => object as V1FlowSchema);
    const levels = [...this.#levels.cache.scan()].map(({ object }) => object as V1PriorityLevelConfiguration);
    this.#control.setObjects(schemas, levels);
    const names = new Set(levels.map(({ metadata }) => metadata.name));
    for (const schema of schemas)
      if (planDangling(schema, (name) => names.has(name))) await this.#writeCondition(schema.metadata.name, names);
  }

  async #writeCondition(name: string, levels: ReadonlySet<string>): Promise<void> {
    const context = { ...loopbackContext(), fieldManager: MANAGER };
    await update(this.#schemas, {
      namespace: "",
      name,
      subresource: "status",
      isDryRun: false,
      context,
      mayCreate: "never",
      next: (current) => {
        const schema = current as V1FlowSchema;
        const wanted = planDangling(schema, (level) => levels.has(level));
        if (!wanted) return schema;
        const before = schema.status?.conditions ?? [];
        const old = before.find(({ type }) => type === wanted.type);
        const since = old && old.status === wanted.status ? old.lastTransitionTime : undefined;
        const lastTransitionTime = since ?? timestamp(context.nowMs);
        const others = before.filter(({ type }) => type !== wanted.type);
        return { ...schema, status: { ...schema.status, conditions: [...others, { ...wanted, lastTransitionTime }] } };
      },
    });
  }
}
