import type { V1ConfigMap, V1Secret, V1Service } from "@drydock/kube-api";

/** A token for a pod's service account. */
export interface ServiceAccountToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly podName: string;
  readonly podUid: string;
}

/** The API objects that pods refer to. Lookups resolve to undefined for what does not exist and reject for what cannot be told now. */
export interface ObjectSource {
  configMap(namespace: string, name: string): Promise<V1ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<V1Secret | undefined>;
  requestToken(request: TokenRequest): Promise<ServiceAccountToken>;
  /** Services whose variables a pod of this namespace gets. */
  servicesFor(namespace: string, includeNamespace: boolean): readonly V1Service[];
}

/** A pod refers to something that does not exist or cannot be used: the container waits with CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = "ContainerConfigError";
}
