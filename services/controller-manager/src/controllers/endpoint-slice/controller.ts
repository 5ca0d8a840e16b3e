import { labelSelectorFromMap, StatusError } from "@drydock/apimachinery";
import { type ControllerDefinition, defineController, defineIndex, defineWatch } from "@drydock/client";
import { endpointSlices, nodes, pods, services, type V1EndpointSlice, type V1Pod } from "@drydock/kube-api";
import { keysSelecting } from "../../services/service-pods.ts";
import { managedByLabel, managedByValue, planSlices, serviceNameLabel } from "./plan-slices.ts";

const serviceIndex = "service";

/** Only ours: slices that people or the apiserver made stay as they are. */
const serviceKeys = ({ metadata }: V1EndpointSlice): string[] =>
  metadata.labels?.[managedByLabel] === managedByValue
    ? [`${metadata.namespace}/${metadata.labels[serviceNameLabel]}`]
    : [];

export function endpointSlice(): ControllerDefinition {
  let selecting: (pod: V1Pod) => readonly string[] = () => [];
  return defineController({
    name: "endpointslice-controller",
    primary: services,
    watches: [
      defineWatch({ resource: pods, keysFor: (pod) => selecting(pod) }),
      defineWatch({ resource: endpointSlices, keysFor: serviceKeys }),
      // Zones come from nodes; a node's change is no reason to look at every Service.
      defineWatch({ resource: nodes, keysFor: () => [] }),
    ],
    indexes: [defineIndex(endpointSlices, serviceIndex, serviceKeys)],
    create({ client, informers }) {
      const serviceLister = informers.informer(services).lister;
      const podLister = informers.informer(pods).lister;
      const sliceLister = informers.informer(endpointSlices).lister;
      const nodeLister = informers.informer(nodes).lister;
      selecting = (pod) => keysSelecting(serviceLister.list(pod.metadata.namespace), pod);
      return {
        async reconcile(key) {
          const slices = sliceLister.byIndex(serviceIndex, key);
          const service = serviceLister.getByKey(key);
          const isOurs = service && Object.keys(service.spec?.selector ?? {}).length > 0;
          if (!service || service.spec?.type === "ExternalName") {
            for (const slice of slices) await client.delete(endpointSlices, slice.metadata).catch(ignoreNotFound);
            return undefined;
          }
          if (!isOurs || service.metadata.deletionTimestamp) return undefined;
          const selector = labelSelectorFromMap(service.spec?.selector);
          const plan = planSlices({
            service,
            slices,
            pods: podLister
              .list(service.metadata.namespace)
              .filter(({ metadata }) => selector.matches(metadata.labels)),
            nodeOf: (name) => nodeLister.getByKey(name),
          });
          for (const slice of plan.create) await client.create(endpointSlices, slice);
          for (const slice of plan.update) await client.update(endpointSlices, slice);
          for (const slice of plan.delete) await client.delete(endpointSlices, slice.metadata).catch(ignoreNotFound);
          return undefined;
        },
      };
    },
  });
}

function ignoreNotFound(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
