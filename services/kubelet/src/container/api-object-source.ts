import { type KubeObject, StatusError } from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import type { ApiClient, Lister } from "@drydock/client";
import { configMaps, type ResourceRef, secrets, serviceAccounts, type V1Service } from "@drydock/kube-api";
import type { ObjectSource, ServiceAccountToken, TokenRequest } from "./object-source.ts";

/** How old an object may be that a pod is given. What does not exist is asked for again every time. */
const MAX_AGE_MS = 10_000;
const MASTER_SERVICE = "kubernetes";

/** Objects straight from the API server, kept for a short while so that many pods of one kind cost one read. */
export class ApiObjectSource implements ObjectSource {
  readonly #client: ApiClient;
  readonly #services: Lister<V1Service>;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { object: KubeObject; readAtMs: number }>();

  constructor(client: ApiClient, services: Lister<V1Service>, clock: Clock) {
    this.#client = client;
    this.#services = services;
    this.#clock = clock;
  }

  configMap(namespace: string, name: string) {
    return this.#get(configMaps, namespace, name);
  }

  secret(namespace: string, name: string) {
    return this.#get(secrets, namespace, name);
  }

  async requestToken(request: TokenRequest): Promise<ServiceAccountToken> {
    const { namespace, serviceAccount, audiences, expirationSeconds, podName, podUid } = request;
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences,
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: podName, uid: podUid },
      },
    };
    const answer = await this.#client.createSubresource(
      serviceAccounts,
      { namespace, name: serviceAccount },
      "token",
      body,
    );
    const { status } = answer as { status: { token: string; expirationTimestamp: string } };
    return { token: status.token, expiresAtMs: Date.parse(status.expirationTimestamp) };
  }

  /** The API server's own Service is visible in every namespace. */
  servicesFor(namespace: string, includeNamespace: boolean): readonly V1Service[] {
    const own = includeNamespace ? this.#services.list(namespace) : [];
    const master = this.#services.get("default", MASTER_SERVICE);
    return master && !own.some((service) => service.metadata.name === MASTER_SERVICE) ? [...own, master] : own;
  }

  async #get<T extends KubeObject>(resource: ResourceRef<T>, namespace: string, name: string): Promise<T | undefined> {
    const key = `${resource.resource}/${namespace}/${name}`;
    const cached = this.#cache.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (cached && nowMs - cached.readAtMs < MAX_AGE_MS) return cached.object as T;
    this.#dropOld(nowMs);
    try {
      const object = await this.#client.get(resource, { namespace, name });
      this.#cache.set(key, { object, readAtMs: nowMs });
      return object;
    } catch (error) {
      if (StatusError.from(error).code === 404) return undefined;
      throw error;
    }
  }

  #dropOld(nowMs: number): void {
    for (const [key, { readAtMs }] of this.#cache) if (nowMs - readAtMs >= MAX_AGE_MS) this.#cache.delete(key);
  }
}
