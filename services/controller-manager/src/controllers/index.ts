import type { ControllerDefinition } from "@drydock/client";
import type { ControllerManagerConfig } from "../config.ts";
import { clusterRoleAggregation } from "./cluster-role-aggregation/controller.ts";
import { cronJob } from "./cron-job/controller.ts";
import { daemonSet } from "./daemon-set/controller.ts";
import { deployment } from "./deployment/controller.ts";
import { disruption } from "./disruption/controller.ts";
import { endpointSlice } from "./endpoint-slice/controller.ts";
import { endpointSliceMirroring } from "./endpoint-slice-mirroring/controller.ts";
import { endpoint } from "./endpoints/controller.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { job } from "./job/controller.ts";
import { legacyTokenCleaner } from "./legacy-tokens/controller.ts";
import { namespace } from "./namespace/controller.ts";
import { nodeIpam } from "./node-ipam/controller.ts";
import { nodeLifecycle } from "./node-lifecycle/controller.ts";
import { podGc } from "./pod-gc/controller.ts";
import { replicaSet, replicationController } from "./replica-set/controller.ts";
import { resourceQuota } from "./resource-quota/controller.ts";
import { rootCaPublisher } from "./root-ca/controller.ts";
import { serviceAccount } from "./service-account/controller.ts";
import { serviceCidr } from "./service-cidr/controller.ts";
import { statefulSet } from "./stateful-set/controller.ts";
import { attributesClassProtection, claimProtection, volumeProtection } from "./storage-protection/controllers.ts";
import { ttlAfterFinished } from "./ttl-after-finished/controller.ts";

/** Every controller there is. A new one is a folder and a line here. `readFile` reads what flags name. */
export function createControllers(
  config: ControllerManagerConfig,
  readFile: (path: string) => string,
): readonly ControllerDefinition[] {
  return [
    ...(config.allocateNodeCidrs ? [nodeIpam({ ...config })] : []),
    serviceAccount,
    ...(config.rootCaFile ? [rootCaPublisher(readFile(config.rootCaFile))] : []),
    replicaSet,
    replicationController,
    deployment,
    endpoint(),
    endpointSlice(),
    endpointSliceMirroring,
    daemonSet(),
    statefulSet(),
    job(),
    cronJob(),
    ttlAfterFinished(),
    disruption(),
    namespace,
    garbageCollector,
    nodeLifecycle({ gracePeriodMs: config.nodeMonitorGracePeriod, monitorMs: config.nodeMonitorPeriod }),
    clusterRoleAggregation(),
    legacyTokenCleaner(config.legacyServiceAccountTokenCleanUpPeriod),
    podGc(config.terminatedPodGcThreshold),
    resourceQuota(config.resourceQuotaSyncPeriod),
    claimProtection(),
    volumeProtection(),
    attributesClassProtection(),
    serviceCidr(),
  ];
}

/** Applies `--controllers`: `*` is all, `foo` adds one, `-foo` leaves one out. Throws on a name that does not exist. */
export function chooseControllers(
  all: readonly ControllerDefinition[],
  choice: readonly string[],
): readonly ControllerDefinition[] {
  const names = new Set(all.map(({ name }) => name));
  for (const item of choice) {
    const name = item.replace(/^-/, "");
    if (name !== "*" && !names.has(name))
      throw new Error(`--controllers: there is no controller called "${name}" (known: ${[...names].join(", ")})`);
  }
  return all.filter(({ name }) => !choice.includes(`-${name}`) && (choice.includes("*") || choice.includes(name)));
}
