import { StatusError } from "@drydock/apimachinery";
import type { ApiClient, EventRecorder } from "@drydock/client";
import { deployments, replicaSets, type V1Deployment, type V1ReplicaSet } from "@drydock/kube-api";
import { controllerOf } from "../../owners/controller-ref.ts";
import type { ConditionChange } from "./conditions.ts";
import { type ReplicaSetWrite, sizeOf } from "./rollout-view.ts";
import { isSameTemplate } from "./template-hash.ts";

export interface ExecutedWrites {
  /** What the writes made of the ReplicaSets, as far as they succeeded. */
  readonly written: readonly V1ReplicaSet[];
  readonly note?: ConditionChange;
  /** To be thrown once the note has been written. */
  readonly error?: unknown;
}

interface Executor {
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly deployment: V1Deployment;
}

export async function executeWrites(executor: Executor, writes: readonly ReplicaSetWrite[]): Promise<ExecutedWrites> {
  const written: V1ReplicaSet[] = [];
  for (const write of writes) {
    if (write.kind === "create") return createNewSet(executor, write.replicaSet);
    if (write.kind === "update") written.push(await update(executor, write.replicaSet, write.previous));
    else await remove(executor, write.replicaSet);
  }
  return { written };
}

async function update(executor: Executor, replicaSet: V1ReplicaSet, previous: V1ReplicaSet): Promise<V1ReplicaSet> {
  const result = await executor.client.update(replicaSets, replicaSet);
  announceScale(executor, result, sizeOf(previous));
  return result;
}

async function remove({ client }: Executor, set: V1ReplicaSet): Promise<void> {
  const options = { propagationPolicy: "Background", preconditions: { uid: set.metadata.uid } } as const;
  await client.delete(replicaSets, set.metadata, options).catch((error: unknown) => {
    if (StatusError.from(error).code !== 404) throw error;
  });
}

async function createNewSet(executor: Executor, replicaSet: V1ReplicaSet): Promise<ExecutedWrites> {
  try {
    const created = await executor.client.create(replicaSets, replicaSet);
    announceScale(executor, created, 0);
    const message = `Created new replica set "${created.metadata.name}"`;
    return {
      written: [created],
      note: { type: "Progressing", status: "True", reason: "NewReplicaSetCreated", message },
    };
  } catch (error) {
    const status = StatusError.from(error);
    if (status.reason === "AlreadyExists") return resolveCollision(executor, replicaSet);
    if (status.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating")) return { written: [] };
    const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${status.message}`;
    executor.recorder.event(executor.deployment, "Warning", "ReplicaSetCreateError", message);
    return {
      written: [],
      error,
      note: { type: "Progressing", status: "False", reason: "ReplicaSetCreateError", message },
    };
  }
}

/** The name is taken: by our own ReplicaSet that the cache does not show yet, or by one with another template (the next hash is tried). */
async function resolveCollision(executor: Executor, replicaSet: V1ReplicaSet): Promise<ExecutedWrites> {
  const { client, deployment } = executor;
  const existing = await client.get(replicaSets, replicaSet.metadata);
  const isOurs = controllerOf(existing)?.uid === deployment.metadata.uid;
  if (isOurs && isSameTemplate(existing.spec?.template, replicaSet.spec?.template)) return { written: [existing] };
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  await client.updateStatus(deployments, { ...deployment, status: { ...deployment.status, collisionCount } });
  return { written: [], error: new Error(`replica set ${replicaSet.metadata.name} exists with another template`) };
}

function announceScale({ recorder, deployment }: Executor, set: V1ReplicaSet, from: number): void {
  const to = sizeOf(set);
  if (to === from) return;
  const direction = to > from ? "up" : "down";
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`;
  recorder.event(deployment, "Normal", "ScalingReplicaSet", message);
}
