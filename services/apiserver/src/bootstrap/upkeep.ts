import type { Logger } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import type { ApiserverConfig } from "../config.ts";
import type { Registry } from "../registry/registry.ts";
import { allocateAddresses } from "../services/allocate-addresses.ts";
import type { Storage } from "../storage/storage.ts";
import type { BootstrapOptions } from "./bootstrap.ts";
import { keepBootstrapped } from "./keep-bootstrapped.ts";
import { ServerPresence } from "./server-presence.ts";

interface UpkeepParts extends Pick<BootstrapOptions, "registry" | "extensionAuthentication"> {
  readonly registry: Registry;
  readonly storage: Storage;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Upkeep {
  /** The system's own objects are there. */
  readonly hasObjects: boolean;
  /** Others know of this server. */
  readonly isPresent: boolean;
  readonly hasRepairedAddresses: boolean;
  /** The caches must be filled. */
  start(): void;
  stop(): Promise<void>;
}

/** What a server keeps up on its own account: the system's own objects, its place among the servers, the books of Services' addresses. */
export function createUpkeep(config: ApiserverConfig, parts: UpkeepParts): Upkeep {
  const { registry, storage, logger, metrics, extensionAuthentication } = parts;
  const addressRepair = allocateAddresses(registry, config, { logger, metrics });
  const bootstrapper = keepBootstrapped({ registry, ...config, extensionAuthentication }, logger);
  const presence = new ServerPresence(config, { registry, storage, logger });
  return {
    get hasObjects() {
      return bootstrapper.isDone;
    },
    get isPresent() {
      return presence.isKnown;
    },
    get hasRepairedAddresses() {
      return addressRepair.isDone;
    },
    start() {
      addressRepair.start();
      bootstrapper.start();
      presence.start();
    },
    async stop() {
      addressRepair.stop();
      bootstrapper.stop();
      await presence.stop();
    },
  };
}
