import {
  internal,
  type KubeList,
  type KubeObject,
  type StatusError,
  timeout,
  type WatchEventType,
} from "@drydock/apimachinery";
import type { Clock } from "@drydock/base";
import { grpcChannelCredentials, type Logger } from "@drydock/component";
import type { ResourceRef } from "@drydock/kube-api";
import type { Connection } from "@drydock/pki";
import type {
  ApiClient,
  DeleteOptions,
  ListOptions,
  ObjectKey,
  PatchType,
  TypedWatchEvent,
  WatchOptions,
  WriteOptions,
} from "./api-client.ts";
import { Session, type SessionCall } from "./session.ts";

export interface ApiClientOptions {
  /** Server (`https://host:port` of the component port) and identity, usually from a kubeconfig. */
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an answer may take; 34 s unless given (the server gives up on its own requests before that). */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 34_000;

/** A client over the batched gRPC stream of the component port. Connects when first used and reconnects by itself. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { connection } = options;
  const url = new URL(connection.server);
  const session = new Session({
    address: `${url.hostname}:${url.port}`,
    credentials: grpcChannelCredentials({
      ca: Buffer.from(connection.caPem),
      cert: Buffer.from(connection.certPem),
      key: Buffer.from(connection.keyPem),
    }),
    clock: options.clock,
    logger: options.logger,
  });
  return new GrpcApiClient(session, options.clock, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

class GrpcApiClient implements ApiClient {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(session: Session, clock: Clock, timeoutMs: number) {
    this.#session = session;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get<T extends KubeObject>(resource: ResourceRef<T>, key: ObjectKey): Promise<T> {
    return this.#call<T>({ verb: "get", ...target(resource, key) });
  }

  list<T extends KubeObject>(resource: ResourceRef<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const { namespace, ...query } = options;
    return this.#call<KubeList<T>>({
      verb: "list",
      ...target(resource, namespace ? { namespace } : {}),
      options: query,
    });
  }

  async *watch<T extends KubeObject>(
    resource: ResourceRef<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<readonly TypedWatchEvent<T>[]> {
    const { namespace, ...query } = options;
    const call: SessionCall = { verb: "watch", ...target(resource, namespace ? { namespace } : {}), options: query };
    const buffer: TypedWatchEvent<T>[] = [];
    let outcome: { error?: StatusError } | undefined;
    let wake = () => {};
    const withdraw = this.#session.call(call, {
      onEvents: (events) => {
        for (const { type, object } of events) buffer.push({ type: type as WatchEventType, object: object as T });
        wake();
      },
      onError: (error) => {
        outcome = { error };
        wake();
      },
      onEnd: () => {
        outcome = {};
        wake();
      },
      onResult: () => {
        outcome = {};
        wake();
      },
    });
    const onAbort = () => wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        if (buffer.length > 0) {
          yield buffer.splice(0);
          continue;
        }
        if (outcome?.error) throw outcome.error;
        if (outcome) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (buffer.length > 0 || outcome || signal.aborted) resolve();
        });
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      withdraw();
    }
  }

  create<T extends KubeObject>(resource: ResourceRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#call<T>({ verb: "create", ...target(resource, namespaceOf(object)), options, body: object });
  }

  update<T extends KubeObject>(resource: ResourceRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#call<T>({ verb: "update", ...target(resource, keyOf(object)), options, body: object });
  }

  updateStatus<T extends KubeObject>(resource: ResourceRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#call<T>({
      verb: "update",
      ...target(resource, keyOf(object)),
      subresource: "status",
      options,
      body: object,
    });
  }

  patch<T extends KubeObject>(
    resource: ResourceRef<T>,
    key: ObjectKey,
    patch: unknown,
    type: PatchType,
    subresource = "",
  ): Promise<T> {
    return this.#call<T>({ verb: "patch", ...target(resource, key), subresource, body: patch, patchType: type });
  }

  delete<T extends KubeObject>(
    resource: ResourceRef<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<unknown> {
    return this.#call({ verb: "delete", ...target(resource, key), body: options });
  }

  deleteCollection<T extends KubeObject>(
    resource: ResourceRef<T>,
    options: ListOptions,
    deleteOptions: DeleteOptions = {},
  ): Promise<unknown> {
    const { namespace, ...query } = options;
    const call = {
      verb: "deletecollection",
      ...target(resource, namespace ? { namespace } : {}),
      options: query,
      body: deleteOptions,
    };
    return this.#call(call);
  }

  createSubresource(
    resource: ResourceRef<KubeObject>,
    key: ObjectKey,
    subresource: string,
    body: unknown,
  ): Promise<unknown> {
    return this.#call({ verb: "create", ...target(resource, key), subresource, body });
  }

  updateSubresource(
    resource: ResourceRef<KubeObject>,
    key: ObjectKey,
    subresource: string,
    body: unknown,
  ): Promise<unknown> {
    return this.#call({ verb: "update", ...target(resource, key), subresource, body });
  }

  close(): void {
    this.#session.close();
  }

  #call<R>(call: SessionCall): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const timer = this.#clock.setTimer(this.#timeoutMs, () => {
        withdraw();
        reject(
          timeout(`the apiserver did not answer ${call.verb} ${call.resource} within ${this.#timeoutMs / 1000} s`),
        );
      });
      const settle = (finish: () => void) => {
        timer.cancel();
        finish();
      };
      const withdraw = this.#session.call(call, {
        onResult: (value) => settle(() => resolve(value as R)),
        onError: (error) => settle(() => reject(error)),
        onEnd: () => settle(() => reject(internal("the call ended without an answer"))),
        onEvents: () => {},
      });
    });
  }
}

function target(resource: ResourceRef<KubeObject>, key: Partial<ObjectKey>) {
  return {
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    namespace: key.namespace ?? "",
    name: key.name ?? "",
  };
}

function keyOf(object: KubeObject): ObjectKey {
  return { ...namespaceOf(object), name: object.metadata.name ?? "" };
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace ? { namespace: object.metadata.namespace } : {};
}
