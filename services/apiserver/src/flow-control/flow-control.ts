import { type Clock, invariant, setRepeating, type Timer } from "@drydock/base";
import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";
import type { UserInfo } from "../authentication/user-info.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { type CompiledSchema, compileFlowSchemas } from "./compile-flow-schemas.ts";
import { createFlow, distinguishesBy, type Flow } from "./flow.ts";
import { mandatoryLevels, mandatorySchemas } from "./flow-objects.ts";
import { PriorityLevel } from "./priority-level.ts";
import { planLimits } from "./seats/plan-limits.ts";
import { smoothDemand } from "./seats/seat-demand.ts";
import { type Claim, shareSeats } from "./seats/share-seats.ts";

export interface FlowControlOptions {
  readonly clock: Clock;
  /** For all levels together. */
  readonly totalSeats: number;
  readonly waitLimitMs: number;
}

interface Row extends CompiledSchema {
  readonly flow: Flow;
}

const ADJUSTMENT_MS = 10_000;

/**
 * Which flow a request belongs to, and how many seats each level has. Knows nothing of where the objects come from; until it is told, it has
 * the mandatory ones.
 */
export class FlowControl {
  readonly #options: FlowControlOptions;
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #flows = new Map<string, Flow>();
  #table: readonly Row[] = [];
  #timer: Timer | undefined;
  #fairPart = 0;

  constructor(options: FlowControlOptions) {
    this.#options = options;
    this.setObjects([], []);
  }

  get levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** See SharedSeats. */
  get fairPart(): number {
    return this.#fairPart;
  }

  get flows(): Iterable<Flow> {
    return this.#flows.values();
  }

  /** The first schema that matches; the mandatory ones match everybody. */
  classify(user: UserInfo, info: RequestInfo): Flow {
    for (const row of this.#table) if (row.matches(user, info)) return row.flow;
    const last = this.#table.at(-1);
    invariant(last, "there is always the schema catch-all");
    return last.flow;
  }

  /** Schemas whose level is not there match nothing. */
  setObjects(schemas: readonly V1FlowSchema[], levels: readonly V1PriorityLevelConfiguration[]): void {
    this.#setLevels(withMandatory(levels, mandatoryLevels));
    const rows: Row[] = [];
    for (const compiled of compileFlowSchemas(withMandatory(schemas, mandatorySchemas))) {
      const level = this.#levels.get(compiled.schema.spec?.priorityLevelConfiguration.name ?? "");
      if (level && !level.isQuiescing) rows.push({ ...compiled, flow: this.#flowOf(compiled.schema, level) });
    }
    this.#table = rows;
  }

  start(): void {
    this.#timer = setRepeating(this.#options.clock, ADJUSTMENT_MS, () => this.#adjust(true));
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #setLevels(objects: readonly V1PriorityLevelConfiguration[]): void {
    const { clock, totalSeats, waitLimitMs } = this.#options;
    const specs = new Map(objects.map(({ metadata, spec }) => [metadata.name, spec ?? { type: "Limited" }]));
    for (const level of this.#levels.values()) level.isQuiescing = !specs.has(level.name);
    for (const object of objects) {
      const { name } = object.metadata;
      const level = this.#levels.get(name) ?? new PriorityLevel(name, name === "exempt", clock, waitLimitMs);
      this.#levels.set(name, level);
      level.configure(object);
    }
    const limits = planLimits(specs, totalSeats);
    for (const level of this.#levels.values()) level.limits = limits.get(level.name) ?? level.limits;
    this.#adjust(false);
  }

  #flowOf(schema: V1FlowSchema, level: PriorityLevel): Flow {
    const id = `${level.name}\0${schema.metadata.name}`;
    const known = this.#flows.get(id);
    const flow = known?.level === level ? known : createFlow(schema.metadata.name, level);
    flow.schemaUid = schema.metadata.uid ?? "";
    flow.distinguishes = distinguishesBy(schema);
    this.#flows.set(id, flow);
    return flow;
  }

  #adjust(isPeriod: boolean): void {
    const claims = new Map<string, Claim>();
    for (const level of this.#levels.values()) {
      if (level.isQuiescing) {
        if (level.isIdle) this.#levels.delete(level.name);
        continue;
      }
      const stats = isPeriod ? level.demand.takePeriod() : undefined;
      if (stats) {
        level.stats = stats;
        level.smoothedDemand = smoothDemand(level.smoothedDemand, stats);
      }
      const { isExempt, limits, smoothedDemand } = level;
      claims.set(level.name, { isExempt, ...limits, highWatermark: stats?.highWatermark ?? 0, smoothedDemand });
    }
    const { seats, targets, fairPart } = shareSeats(claims, this.#options.totalSeats);
    this.#fairPart = fairPart;
    for (const level of this.#levels.values()) {
      level.targetSeats = targets.get(level.name) ?? level.targetSeats;
      const count = seats.get(level.name);
      if (count !== undefined) level.setSeats(count);
    }
  }
}

function withMandatory<T extends V1FlowSchema | V1PriorityLevelConfiguration>(
  objects: readonly T[],
  mandatory: readonly T[],
): readonly T[] {
  const names = new Set(objects.map(({ metadata }) => metadata.name));
  return [...objects, ...mandatory.filter(({ metadata }) => !names.has(metadata.name))];
}
