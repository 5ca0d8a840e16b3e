import type { Prng } from "@drydock/base";
import type { IntOrString, V1Deployment, V1ReplicaSet } from "@drydock/kube-api";
import { planRollout } from "./plan-rollout.ts";
import { planStatus } from "./plan-status.ts";
import { availableOf, sizeOf, sum, viewRollout } from "./rollout-view.ts";

export interface SimulationOptions {
  readonly replicas: number;
  readonly maxSurge: IntOrString;
  readonly maxUnavailable: IntOrString;
  readonly prng: Prng;
  /** Images whose pods never become available. */
  readonly brokenImages?: readonly string[];
}

/** A Deployment with a make-believe ReplicaSet controller and kubelet: replicas follow at random speed. For tests of the plans. */
export class RolloutSimulation {
  readonly #options: SimulationOptions;
  deployment: V1Deployment;
  sets: V1ReplicaSet[] = [];
  #nowMs = 0;
  readonly writes: string[] = [];

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { maxSurge, maxUnavailable, replicas } = options;
    this.deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "default", uid: "d", generation: 1 },
      spec: {
        replicas,
        revisionHistoryLimit: 2,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: { app: "web" } },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
        template: { metadata: { name: "", labels: { app: "web" } }, spec: { containers: [] } },
      },
    };
  }

  setImage(image: string): void {
    this.edit((spec) => ({
      ...spec,
      template: { ...spec.template, spec: { containers: [{ name: "c", image }] } },
    }));
  }

  edit(change: (spec: NonNullable<V1Deployment["spec"]>) => NonNullable<V1Deployment["spec"]>): void {
    const { metadata, spec } = this.deployment;
    if (!spec) return;
    const generation = Number(metadata.generation ?? 0) + 1;
    this.deployment = { ...this.deployment, metadata: { ...metadata, generation }, spec: change(spec) };
  }

  get total(): number {
    return sum(this.sets, sizeOf);
  }

  get available(): number {
    return sum(this.sets, availableOf);
  }

  /** One reconcile, then a moment in the life of the pods. Returns whether anything was written. */
  step(): boolean {
    this.#nowMs += 1000;
    const hasOldPods = viewRollout(this.deployment, this.sets).oldSets.some((set) => (set.status?.replicas ?? 0) > 0);
    const writes = planRollout(viewRollout(this.deployment, this.sets), hasOldPods);
    for (const write of writes) this.#apply(write.kind, write.replicaSet);
    const status = planStatus(viewRollout(this.deployment, this.sets), undefined, this.#nowMs);
    this.deployment = { ...this.deployment, status };
    return writes.length > 0;
  }

  /** Pods come, go and become available, each set by a random amount. */
  live(): void {
    this.sets = this.sets.map((set) => {
      const size = sizeOf(set);
      const isBroken = this.#options.brokenImages?.includes(imageOf(set)) ?? false;
      const goal = isBroken ? 0 : size;
      const available = Math.min(availableOf(set), size);
      const availableReplicas = available + this.#options.prng.integer(goal - Math.min(available, goal) + 1);
      const status = { replicas: size, readyReplicas: availableReplicas, availableReplicas, observedGeneration: 1 };
      return { ...set, status };
    });
  }

  /** Steps until nothing has happened for a while. */
  run(check: () => void = () => {}, maxSteps = 400): void {
    for (let step = 0, quiet = 0; step < maxSteps && quiet < 12; step++) {
      quiet = this.step() ? 0 : quiet + 1;
      check();
      this.live();
      check();
    }
    this.step();
  }

  #apply(kind: "create" | "update" | "delete", set: V1ReplicaSet): void {
    this.writes.push(`${kind} ${imageOf(set)} ${sizeOf(set)}`);
    this.sets = this.sets.filter(({ metadata }) => metadata.name !== set.metadata.name);
    if (kind === "delete") return;
    const creationTimestamp = set.metadata.creationTimestamp ?? new Date(this.#nowMs).toISOString();
    const status = set.status ?? { replicas: 0 };
    const availableReplicas = Math.min(status.availableReplicas ?? 0, sizeOf(set));
    const metadata = { ...set.metadata, uid: set.metadata.name, generation: 1, creationTimestamp };
    this.sets.push({ ...set, metadata, status: { ...status, availableReplicas } });
  }
}

export function imageOf(set: V1ReplicaSet): string {
  return set.spec?.template?.spec?.containers[0]?.image ?? "";
}
