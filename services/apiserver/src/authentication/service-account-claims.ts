import type { V1Node, V1Pod, V1Secret, V1ServiceAccount } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import type { UserInfo } from "./user-info.ts";

interface ObjectClaim {
  readonly name?: string;
  readonly uid?: string;
}

/** The claim `kubernetes.io` of a service account's token. */
export interface KubernetesClaims {
  readonly namespace?: string;
  readonly serviceaccount?: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
  readonly warnafter?: number;
}

/** Deleted objects that are still there count for this long, as clocks differ. */
const LEEWAY_MS = 60_000;
const INVALIDATED = "service account token has been invalidated";
const KEY = "authentication.kubernetes.io";

/** Why a token has ended although its time is not over: what it was made for is gone or another. */
export function claimsProblem(registry: Registry, claims: KubernetesClaims, nowMs: number): string | undefined {
  const { namespace = "", serviceaccount = {}, pod, secret, node } = claims;
  const { name = "" } = serviceaccount;
  const find = <T extends V1ServiceAccount | V1Pod | V1Secret | V1Node>(resource: string, of: ObjectClaim) =>
    registry.cached<T>(registry.require("", "v1", resource), resource === "nodes" ? "" : namespace, of.name ?? "");
  const account = find<V1ServiceAccount>("serviceaccounts", serviceaccount);
  if (!account) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (isDeleted(account, nowMs)) return `service account ${namespace}/${name} has been deleted`;
  if (account.metadata.uid !== serviceaccount.uid)
    return `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid ?? ""})`;
  const bound = [
    { claim: secret, resource: "secrets", word: "secret" },
    { claim: pod, resource: "pods", word: "pod" },
    // A pod's token outlives the node's object: the pod is what it is bound to.
    { claim: pod ? undefined : node, resource: "nodes", word: "node" },
  ];
  for (const { claim, resource, word } of bound) {
    if (!claim) continue;
    const object = find(resource, claim);
    if (!object || isDeleted(object, nowMs)) return INVALIDATED;
    if (object.metadata.uid !== claim.uid)
      return `${word} UID (${object.metadata.uid}) does not match service account ${word} ref claim (${claim.uid ?? ""})`;
  }
  return undefined;
}

function isDeleted({ metadata }: Pick<V1Pod, "metadata">, nowMs: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) < nowMs - LEEWAY_MS;
}

export function serviceAccountUser(claims: KubernetesClaims, tokenId: string | undefined): UserInfo {
  const { namespace = "", serviceaccount = {}, pod, node } = claims;
  const extra: Record<string, string[]> = {
    ...(tokenId && { [`${KEY}/credential-id`]: [`JTI=${tokenId}`] }),
    ...(node?.name && { [`${KEY}/node-name`]: [node.name] }),
    ...(node?.uid && { [`${KEY}/node-uid`]: [node.uid] }),
    ...(pod && { [`${KEY}/pod-name`]: [pod.name ?? ""], [`${KEY}/pod-uid`]: [pod.uid ?? ""] }),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name ?? ""}`,
    ...(serviceaccount.uid && { uid: serviceaccount.uid }),
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

export function serviceAccountGroups(namespace: string): string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}
