import type { Logger } from "@drydock/component";
import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import { timestamp } from "../registry/object-meta.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { update } from "../verbs/update.ts";
import type { FlowControl } from "./flow-control.ts";
import { planDangling } from "./plan-dangling.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const MANAGER = "api-priority-and-fairness-config-consumer-v1";
const RETRY_MS = 1000;

/** Gives flow control what the FlowSchemas and PriorityLevelConfigurations say, and keeps the schemas' condition Dangling. */
export class FlowObjectsWatch {
  readonly #schemas: ResourceStore;
  readonly #levels: ResourceStore;
  readonly #control: FlowControl;
  readonly #logger: Pick<Logger, "warn">;
  readonly #unlisten: (() => void)[] = [];
  #running: Promise<void> | undefined;
  #isPending = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry, control: FlowControl, logger: Pick<Logger, "warn">) {
    this.#schemas = registry.require(GROUP, "v1", "flowschemas");
    this.#levels = registry.require(GROUP, "v1", "prioritylevelconfigurations");
    this.#control = control;
    this.#logger = logger;
  }

  /** The caches must be filled. */
  start(): void {
    for (const { cache } of [this.#schemas, this.#levels])
      this.#unlisten.push(cache.listen({ onEvent: () => this.#wake(), onReset: () => this.#wake() }));
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten) unlisten();
  }

  #wake(): void {
    this.#isPending = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    // Changes come many at a time: one look serves them all.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#isPending && !this.#isStopped) {
      this.#isPending = false;
      const schemas = [...this.#schemas.cache.scan()].map(({ object }) => object as V1FlowSchema);
      const levels = [...this.#levels.cache.scan()].map(({ object }) => object as V1PriorityLevelConfiguration);
      this.#control.setObjects(schemas, levels);
      await this.#keepConditions(schemas, new Set(levels.map(({ metadata }) => metadata.name)));
    }
  }

  async #keepConditions(schemas: readonly V1FlowSchema[], levels: ReadonlySet<string>): Promise<void> {
    try {
      for (const schema of schemas)
        if (planDangling(schema, (name) => levels.has(name))) await this.#writeCondition(schema.metadata.name, levels);
    } catch (error) {
      if (this.#isStopped) return;
      this.#logger.warn({ err: (error as Error).message }, "conditions of FlowSchemas are not written yet");
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#wake(), RETRY_MS);
    }
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
