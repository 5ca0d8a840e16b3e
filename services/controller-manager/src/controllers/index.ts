import type { ControllerDefinition } from "@drydock/client";
import { daemonSet } from "./daemon-set/controller.ts";
import { deployment } from "./deployment/controller.ts";
import { endpointSlice } from "./endpoint-slice/controller.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { namespace } from "./namespace/controller.ts";
import { nodeIpam } from "./node-ipam/controller.ts";
import { nodeLifecycle } from "./node-lifecycle/controller.ts";
import { podGc } from "./pod-gc/controller.ts";
import { replicaSet, replicationController } from "./replica-set/controller.ts";
import { serviceAccount } from "./service-account/controller.ts";

export interface ControllerSettings {
  readonly clusterCidr: string;
  readonly nodeCidrMaskSize: number;
  readonly rootCaPem: string;
  readonly nodeMonitorGracePeriodMs: number;
  readonly nodeMonitorPeriodMs: number;
  readonly terminatedPodThreshold: number;
}

/** Every controller: a new one is a folder and a line here. */
export function controllers(settings: ControllerSettings): readonly ControllerDefinition[] {
  return [
    nodeIpam(settings.clusterCidr, settings.nodeCidrMaskSize),
    nodeLifecycle({ gracePeriodMs: settings.nodeMonitorGracePeriodMs, monitorMs: settings.nodeMonitorPeriodMs }),
    serviceAccount(settings.rootCaPem),
    deployment,
    replicaSet,
    replicationController,
    daemonSet,
    endpointSlice,
    namespace,
    garbageCollector,
    podGc(settings.terminatedPodThreshold),
  ];
}
