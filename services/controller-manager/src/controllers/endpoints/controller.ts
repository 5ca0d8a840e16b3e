import { labelSelectorFromMap, StatusError } from "@drydock/apimachinery";
import { type ControllerDefinition, defineController, defineWatch, splitKey } from "@drydock/client";
import { endpoints, pods, services, type V1Pod } from "@drydock/kube-api";
import { keysSelecting } from "../../services/service-pods.ts";
import { planEndpoints } from "./plan-endpoints.ts";

/** Services without a selector keep the Endpoints that somebody else made for them. */
export function endpoint(): ControllerDefinition {
  let selecting: (pod: V1Pod) => readonly string[] = () => [];
  return defineController({
    name: "endpoints-controller",
    primary: services,
    watches: [
      defineWatch({ resource: pods, keysFor: (pod) => selecting(pod) }),
      defineWatch({ resource: endpoints, keysFor: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] }),
    ],
    create({ client, informers }) {
      const serviceLister = informers.informer(services).lister;
      const podLister = informers.informer(pods).lister;
      const endpointsLister = informers.informer(endpoints).lister;
      selecting = (pod) => keysSelecting(serviceLister.list(pod.metadata.namespace), pod);
      return {
        async reconcile(key) {
          const service = serviceLister.getByKey(key);
          const current = endpointsLister.getByKey(key);
          if (!service) {
            if (current?.metadata.labels?.["endpoints.kubernetes.io/managed-by"])
              await client.delete(endpoints, splitKey(key)).catch(ignoreNotFound);
            return undefined;
          }
          const { selector, type } = service.spec ?? {};
          if (Object.keys(selector ?? {}).length === 0 || type === "ExternalName") return undefined;
          const matcher = labelSelectorFromMap(selector);
          const selected = podLister
            .list(service.metadata.namespace)
            .filter(({ metadata }) => matcher.matches(metadata.labels));
          const planned = planEndpoints(service, selected, current);
          if (planned && current) await client.update(endpoints, planned);
          else if (planned) await client.create(endpoints, planned);
          return undefined;
        },
      };
    },
  });
}

function ignoreNotFound(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
