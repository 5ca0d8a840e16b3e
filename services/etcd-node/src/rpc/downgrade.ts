import {
  DowngradeRequest_DowngradeAction as DowngradeAction,
  type DowngradeRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { majorMinor, planDowngrade } from "../cluster/versions.ts";
import type { RpcContext } from "./context.ts";
import { errors } from "./errors.ts";

/** Asks whether the cluster may go back to a version, begins to, or gives it up. Answers with the cluster's version. Throws RpcError. */
export async function changeDowngrade(context: RpcContext, { action, version }: DowngradeRequest): Promise<string> {
  const { driver, logger } = context;
  const versions = () => driver.state.machine.versions;
  if (action === DowngradeAction.CANCEL) {
    await driver.linearize();
    // etcd's answer is the same either way.
    if (!versions().isDowngrading) logger.warn("failed to cancel downgrade: no inflight downgrade job");
    else await driver.propose({ $case: "downgrade", value: { targetVersion: "" } });
    return majorMinor(versions().cluster);
  }
  if (action !== DowngradeAction.VALIDATE && action !== DowngradeAction.ENABLE) throw errors.unknownMethod();
  const target = parseVersion(version);
  await driver.linearize();
  const verdict = planDowngrade(versions(), target);
  if (verdict === "invalid") throw errors.invalidDowngradeVersion();
  if (verdict === "in-progress") throw errors.downgradeInProgress();
  if (action === DowngradeAction.ENABLE) await driver.propose({ $case: "downgrade", value: { targetVersion: target } });
  return majorMinor(versions().cluster);
}

/** Without its patch level, which a cluster's version has not. */
function parseVersion(text: string): string {
  const [, major, minor] = /^(\d+)\.(\d+)(?:\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?)?$/.exec(text) ?? [];
  if (major === undefined || minor === undefined) throw errors.wrongVersionFormat();
  return `${Number(major)}.${Number(minor)}.0`;
}
