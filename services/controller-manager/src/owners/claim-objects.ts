import { type KubeObject, type Selector, StatusError } from "@drydock/apimachinery";
import type { ApiClient } from "@drydock/client";
import type { ResourceRef } from "@drydock/kube-api";
import { controllerRefTo } from "./controller-ref.ts";
import { planClaims } from "./plan-claims.ts";

export interface ClaimOptions<O extends KubeObject, T extends KubeObject> {
  readonly client: ApiClient;
  readonly ownerResource: ResourceRef<O>;
  readonly owner: O;
  readonly resource: ResourceRef<T>;
  readonly selector: Selector;
  readonly objects: readonly T[];
  /** What the owner puts on all it controls, and so on what it adopts. */
  readonly finalizer?: string;
}

/** Adopts and releases as `planClaims` says; returns what the owner controls afterwards. */
export async function claimObjects<O extends KubeObject, T extends KubeObject>(
  options: ClaimOptions<O, T>,
): Promise<T[]> {
  const claims = planClaims(options.owner, options.selector, options.objects);
  for (const object of claims.release) await release(options, object);
  if (claims.adopt.length === 0 || !(await ownerStillLives(options))) return claims.kept;
  const adopted: T[] = [];
  for (const object of claims.adopt) {
    const result = await adopt(options, object);
    if (result) adopted.push(result);
  }
  return [...claims.kept, ...adopted];
}

/** The cache may be behind: an owner deleted meanwhile must not adopt. */
async function ownerStillLives<O extends KubeObject, T extends KubeObject>(
  options: ClaimOptions<O, T>,
): Promise<boolean> {
  const live = await options.client.get(options.ownerResource, options.owner.metadata).catch(ignoreNotFound);
  return live?.metadata.uid === options.owner.metadata.uid && live?.metadata.deletionTimestamp === undefined;
}

function adopt<O extends KubeObject, T extends KubeObject>(
  options: ClaimOptions<O, T>,
  object: T,
): Promise<T | undefined> {
  const ownerReferences = [controllerRefTo(options.ownerResource, options.owner)];
  const finalizers = options.finalizer === undefined ? {} : { finalizers: [options.finalizer] };
  const patch = { metadata: { ownerReferences, ...finalizers, uid: object.metadata.uid } };
  return patchMetadata(options, object, patch);
}

function release<O extends KubeObject, T extends KubeObject>(
  options: ClaimOptions<O, T>,
  object: T,
): Promise<T | undefined> {
  const ownerReferences = [{ $patch: "delete", uid: options.owner.metadata.uid }];
  return patchMetadata(options, object, { metadata: { ownerReferences, uid: object.metadata.uid } });
}

function patchMetadata<T extends KubeObject>(
  { client, resource }: { client: ApiClient; resource: ResourceRef<T> },
  object: T,
  patch: unknown,
): Promise<T | undefined> {
  return client.patch(resource, object.metadata, patch, "application/strategic-merge-patch+json").catch(ignoreNotFound);
}

/** Gone, or replaced by another of the same name (the uid in the patch does not match): nothing to claim. */
function ignoreNotFound(error: unknown): undefined {
  const { code } = StatusError.from(error);
  if (code !== 404 && code !== 422 && code !== 409) throw error;
  return undefined;
}
