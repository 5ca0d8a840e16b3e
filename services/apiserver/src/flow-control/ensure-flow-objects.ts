import type { KubeObject } from "@drydock/apimachinery";
import { StatusError } from "@drydock/apimachinery";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import { create } from "../verbs/create.ts";
import { remove } from "../verbs/delete.ts";
import { update } from "../verbs/update.ts";
import { mandatoryLevels, mandatorySchemas, suggestedLevels, suggestedSchemas } from "./flow-objects.ts";
import { type FlowObject, type FlowObjectAction, planFlowObjects, type WantedObjects } from "./plan-flow-objects.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const MANAGER = "api-priority-and-fairness-config-producer-v1";

/** Makes and keeps the FlowSchemas and PriorityLevelConfigurations that every cluster has. Levels first, as schemas name them. */
export async function ensureFlowObjects(registry: Registry): Promise<void> {
  await ensureKind(registry.require(GROUP, "v1", "prioritylevelconfigurations"), {
    mandatory: mandatoryLevels,
    suggested: suggestedLevels,
  });
  await ensureKind(registry.require(GROUP, "v1", "flowschemas"), {
    mandatory: mandatorySchemas,
    suggested: suggestedSchemas,
  });
}

async function ensureKind(store: ResourceStore, wanted: WantedObjects): Promise<void> {
  const current = [...store.cache.scan()].map(({ object }) => object as FlowObject);
  for (const action of planFlowObjects(wanted, current)) await execute(store, action);
}

/** Another server may do the same at the same time: that is as good. */
async function execute(store: ResourceStore, action: FlowObjectAction): Promise<void> {
  await perform(store, action).catch((error: unknown) => {
    const { code } = StatusError.from(error);
    if (code !== 404 && code !== 409) throw error;
  });
}

async function perform(store: ResourceStore, action: FlowObjectAction): Promise<void> {
  const context = { ...loopbackContext(), fieldManager: MANAGER };
  const own = { namespace: "", isDryRun: false, context };
  switch (action.kind) {
    case "create":
      await create(store, { ...own, object: structuredClone(action.object) as KubeObject });
      return;
    case "update": {
      const next = () => structuredClone(action.object) as KubeObject;
      await update(store, { ...own, name: action.object.metadata.name, subresource: "", mayCreate: "never", next });
      return;
    }
    case "delete": {
      const options = {
        dryRun: false,
        gracePeriodSeconds: undefined,
        propagationPolicy: undefined,
        preconditions: undefined,
      };
      await remove(store, { namespace: "", name: action.name, options, context });
    }
  }
}
