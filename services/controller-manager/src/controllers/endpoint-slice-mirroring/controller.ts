import { StatusError } from "@drydock/apimachinery";
import { defineController, defineIndex, defineWatch } from "@drydock/client";
import { endpointSlices, endpoints, services, type V1EndpointSlice } from "@drydock/kube-api";
import { managedByLabel, serviceNameLabel } from "../endpoint-slice/plan-slices.ts";
import { isMirrored, mirroringValue, planMirror } from "./plan-mirror.ts";

const mirrorIndex = "mirror";

const mirroredKeys = ({ metadata }: V1EndpointSlice): string[] =>
  metadata.labels?.[managedByLabel] === mirroringValue
    ? [`${metadata.namespace}/${metadata.labels[serviceNameLabel]}`]
    : [];

/** Who reads slices alone, as proxies do, also sees the Endpoints that people write for Services without a selector. */
export const endpointSliceMirroring = defineController({
  name: "endpointslice-mirroring-controller",
  primary: endpoints,
  watches: [
    defineWatch({ resource: services, keysFor: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] }),
    defineWatch({ resource: endpointSlices, keysFor: mirroredKeys }),
  ],
  indexes: [defineIndex(endpointSlices, mirrorIndex, mirroredKeys)],
  create({ client, informers }) {
    const endpointsLister = informers.informer(endpoints).lister;
    const serviceLister = informers.informer(services).lister;
    const sliceLister = informers.informer(endpointSlices).lister;
    return {
      async reconcile(key) {
        const source = endpointsLister.getByKey(key);
        const service = serviceLister.getByKey(key);
        const slices = sliceLister.byIndex(mirrorIndex, key);
        const isWritten = service && Object.keys(service.spec?.selector ?? {}).length === 0;
        const plan =
          source && isWritten && isMirrored(source) && !source.metadata.deletionTimestamp
            ? planMirror(source, slices)
            : { create: [], update: [], delete: slices };
        for (const slice of plan.create) await client.create(endpointSlices, slice);
        for (const slice of plan.update) await client.update(endpointSlices, slice);
        for (const slice of plan.delete) await client.delete(endpointSlices, slice.metadata).catch(ignoreNotFound);
        return undefined;
      },
    };
  },
});

function ignoreNotFound(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
