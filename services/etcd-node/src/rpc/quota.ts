import { AlarmRequest_AlarmAction as AlarmAction, AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { RpcContext } from "./context.ts";
import { errors } from "./errors.ts";

/** etcd's default of --quota-backend-bytes. */
const DEFAULT_BYTES = 2 * 1024 ** 3;

/**
 * How large the database may become. Who would exceed it raises the NOSPACE alarm, and from then on the whole cluster takes nothing
 * that grows until somebody has made space (compact, defragment) and disarmed it.
 */
export class Quota {
  readonly #context: RpcContext;
  /** Infinite when there is no limit. */
  readonly limitBytes: number;
  #isRaising = false;

  /** `bytes` as the flag has it: 0 for the default, negative for no limit. */
  constructor(context: RpcContext, bytes: number) {
    this.#context = context;
    this.limitBytes = bytes === 0 ? DEFAULT_BYTES : bytes < 0 ? Number.POSITIVE_INFINITY : bytes;
  }

  /** Throws RpcError when a request of this size has no place. */
  check(bytes: number): void {
    const { driver } = this.#context;
    if (driver.state.backend.sizeBytes + bytes <= this.limitBytes) return;
    this.#raise();
    throw errors.noSpace();
  }

  #raise(): void {
    const { driver, identity, logger } = this.#context;
    if (this.#isRaising || driver.state.machine.alarms.has("NOSPACE")) return;
    this.#isRaising = true;
    logger.warn({ sizeBytes: driver.state.backend.sizeBytes, limitBytes: this.limitBytes }, "database space exceeded");
    driver
      .propose({
        $case: "alarm",
        value: { action: AlarmAction.ACTIVATE, memberID: identity.memberId, alarm: AlarmType.NOSPACE },
      })
      .catch((error: unknown) => logger.warn({ err: String(error) }, "alarm not raised"))
      .finally(() => {
        this.#isRaising = false;
      });
  }
}
