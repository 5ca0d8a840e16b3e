import type { RangeRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE } from "@drydock/raft";
import type { Driver } from "../driver/driver.ts";
import { RpcError } from "../rpc/errors.ts";
import { rangeRequest } from "../rpc/recipes.ts";

/** Throws while the thing it looks at is unwell. */
type Check = () => Promise<void>;

/** What `/livez` and `/readyz` are made of: the first asks only for what a restart could mend. */
export interface HealthChecks {
  readonly livez: Readonly<Record<string, Check>>;
  readonly readyz: Readonly<Record<string, Check>>;
}

const PROBE: RangeRequest = rangeRequest({ key: Buffer.from([0]), limit: 1, keysOnly: true });

export function createHealthChecks(driver: Driver, memberId: string): HealthChecks {
  const serializableRead = () => read(driver, true);
  return {
    livez: { serializable_read: serializableRead },
    readyz: {
      data_corruption: async () => {
        if (driver.state.machine.alarms.has("CORRUPT")) throw new Error("alarm activated: CORRUPT");
      },
      serializable_read: serializableRead,
      linearizable_read: () => read(driver, false),
      non_learner: async () => {
        if (driver.state.machine.members.get(memberId)?.isLearner) throw new Error("not supported for learner");
      },
    },
  };
}

/** How often `/health` was asked, by its answer. */
export class HealthCounts {
  succeeded = 0;
  failed = 0;
}

export interface Health {
  readonly health: "true" | "false";
  readonly reason: string;
}

/** What `/health` tells: the first thing that is wrong, by upstream's words. */
export async function healthOf(
  driver: Driver,
  excludedAlarms: readonly string[],
  isSerializable: boolean,
): Promise<Health> {
  const alarm = driver.state.machine.alarms.active.find(({ kind }) => !excludedAlarms.includes(kind));
  if (alarm) return { health: "false", reason: `ALARM ${alarm.kind}` };
  if (!isSerializable && driver.soft.leader === NONE) return { health: "false", reason: "RAFT NO LEADER" };
  return read(driver, isSerializable).then(
    () => ({ health: "true", reason: "" }),
    (error: Error) => ({ health: "false", reason: `RANGE ERROR:${error.message.replace("range error: ", "")}` }),
  );
}

/** The text of a group of checks: what failed is always told, what did not only when asked for. */
export async function renderChecks(
  checks: Readonly<Record<string, Check>>,
  excluded: readonly string[],
  isVerbose: boolean,
): Promise<{ status: number; body: string }> {
  const lines: string[] = [];
  let hasFailed = false;
  for (const [name, check] of Object.entries(checks)) {
    if (excluded.includes(name)) continue;
    const failure = await check().then(
      () => undefined,
      (error: Error) => error.message,
    );
    hasFailed ||= failure !== undefined;
    lines.push(failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}`);
  }
  const list = lines.map((line) => `${line}\n`).join("");
  if (hasFailed) return { status: 503, body: `${list}\n` };
  return { status: 200, body: isVerbose ? `${list}ok\n` : "ok\n" };
}

async function read(driver: Driver, isSerializable: boolean): Promise<void> {
  try {
    if (!isSerializable) await driver.linearize();
    driver.state.machine.range(PROBE);
  } catch (error) {
    throw new Error(`range error: ${error instanceof RpcError ? error.message : String(error)}`);
  }
}
