import { type Clock, setRepeating, type Timer } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { Driver } from "../driver/driver.ts";
import { planClusterVersion, SERVER_VERSION } from "./versions.ts";

/** etcd's. */
const INTERVAL_MS = 4_000;

/** Lets the cluster's version follow what was asked for, where this member leads, and the version of its own data follow the cluster's. */
export class VersionMonitor {
  readonly #driver: Driver;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #storage: string;
  #timer: Timer | undefined;

  constructor(driver: Driver, clock: Clock, logger: Logger) {
    this.#driver = driver;
    this.#clock = clock;
    this.#logger = logger;
    this.#storage = driver.state.machine.versions.cluster;
  }

  /** Of this member's data. */
  get storage(): string {
    return this.#storage;
  }

  start(): void {
    this.#timer = setRepeating(this.#clock, INTERVAL_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { versions } = this.#driver.state.machine;
    this.#followCluster(versions.cluster, versions.target);
    const wanted = this.#driver.isLeader ? planClusterVersion(versions) : undefined;
    if (wanted === undefined) return;
    this.#logger.info({ from: versions.cluster, to: wanted }, "updating cluster version");
    // Who leads by then looks again.
    this.#driver.propose({ $case: "clusterVersion", value: wanted }).catch(() => {});
  }

  /** The data have one format, which snapshots bring into that of 3.5: there is nothing to change in them. */
  #followCluster(cluster: string, target: string): void {
    if (cluster === this.#storage) return;
    this.#storage = cluster;
    this.#logger.info({ "new-storage-version": cluster }, "updated storage version");
    if (target === cluster)
      this.#logger.info(
        { "target-version": target, "server-version": SERVER_VERSION },
        "The server is ready to downgrade",
      );
  }
}
