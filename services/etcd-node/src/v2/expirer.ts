import { type Clock, setRepeating, type Timer } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { V2Command } from "@drydock/proto/drydock/raft/v1/raft";
import type { Driver } from "../driver/driver.ts";

/** Upstream's. */
const SYNC_MS = 500;

/** Lets keys of the second API go when their time is over: the leader says so through the log, so that it is the same everywhere. */
export class V2Expirer {
  readonly #driver: Driver;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  #isSyncing = false;

  constructor(driver: Driver, clock: Clock, logger: Logger) {
    this.#driver = driver;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = setRepeating(this.#clock, SYNC_MS, () => this.#sync());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #sync(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#isSyncing || !this.#driver.isLeader || !this.#driver.state.machine.v2.hasExpired(nowMs)) return;
    this.#isSyncing = true;
    this.#driver
      .propose({ $case: "v2", value: { ...EMPTY, method: "SYNC", nowMs } })
      .catch((error: unknown) => this.#logger.warn({ err: String(error) }, "expired keys not removed"))
      .finally(() => {
        this.#isSyncing = false;
      });
  }
}

const EMPTY: V2Command = {
  method: "",
  path: "",
  value: "",
  dir: false,
  recursive: false,
  prevValue: "",
  prevIndex: 0,
  prevExist: undefined,
  refresh: false,
  expiresAtMs: 0,
  nowMs: 0,
};
