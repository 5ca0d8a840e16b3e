import type { KubeObject } from "@drydock/apimachinery";
import { createPrng, FakeClock } from "@drydock/base";
import { Admission, type AdmissionPlugin } from "../admission/admission.ts";
import { loopbackUser, type UserInfo } from "../authentication/user-info.ts";
import { StoreFeed } from "../cache/store-feed.ts";
import { resources } from "../resources/index.ts";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { create } from "../verbs/create.ts";
import type { CallContext } from "./call.ts";
import { Registry } from "./registry.ts";

/** The whole registry over a store in memory and a clock that is told the time: for tests of what is built on it. */
export interface MemoryRegistry {
  readonly registry: Registry;
  readonly storage: MemoryStorage;
  readonly clock: FakeClock;
  readonly warnings: string[];
  contextOf(user?: UserInfo): CallContext;
  /** Stores an object as the server itself would, and waits until the caches have it. */
  put<T extends KubeObject>(group: string, resource: string, object: T): Promise<T>;
  stop(): void;
}

/** 2026-01-01T00:00:00Z. */
const START_MS = Date.UTC(2026, 0, 1);

export async function createMemoryRegistry(
  plugins: readonly AdmissionPlugin[] = [],
  allowsPrivileged = false,
): Promise<MemoryRegistry> {
  const storage = new MemoryStorage();
  const clock = new FakeClock(START_MS);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const feed = new StoreFeed(storage, clock, log);
  let uids = 0;
  const newUid = () => `00000000-0000-0000-0000-${String(++uids).padStart(12, "0")}`;
  const registry = new Registry(resources, { storage, feed, clock, prng: createPrng(1), newUid, allowsPrivileged });
  registry.admission = new Admission(plugins);
  await feed.start();
  const warnings: string[] = [];
  const contextOf = (user: UserInfo = loopbackUser): CallContext => ({
    user,
    nowMs: clock.nowMs(),
    signal: new AbortController().signal,
    fieldManager: "test",
    isComponent: true,
    warn: (text) => warnings.push(text),
  });
  return {
    registry,
    storage,
    clock,
    warnings,
    contextOf,
    async put(group, resource, object) {
      const store = registry.require(group, "v1", resource);
      const stored = await create(store, {
        namespace: object.metadata.namespace ?? "",
        object: structuredClone(object),
        isDryRun: false,
        context: contextOf(),
      });
      await feed.waitFor(stored.revision);
      return stored.object as typeof object;
    },
    stop: () => feed.stop(),
  };
}
