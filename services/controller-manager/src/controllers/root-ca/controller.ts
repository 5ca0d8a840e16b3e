import { StatusError } from "@drydock/apimachinery";
import { type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { configMaps, namespaces, type V1ConfigMap } from "@drydock/kube-api";

const NAME = "kube-root-ca.crt";
const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Publishes the cluster's authority to every namespace, so that pods can verify the apiserver. */
export function rootCaPublisher(caPem: string): ControllerDefinition {
  return defineController({
    name: "root-ca-certificate-publisher-controller",
    primary: namespaces,
    watches: [
      defineWatch({
        resource: configMaps,
        keysFor: ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ""] : []),
      }),
    ],
    create({ client, informers }) {
      const namespaceLister = informers.informer(namespaces).lister;
      const configMapLister = informers.informer(configMaps).lister;
      return {
        async reconcile(namespace) {
          const found = namespaceLister.getByKey(namespace);
          if (!found || found.metadata.deletionTimestamp) return undefined;
          const current = configMapLister.get(namespace, NAME);
          if (current?.data?.["ca.crt"] === caPem) return undefined;
          if (current) await client.update(configMaps, { ...current, data: { ...current.data, "ca.crt": caPem } });
          else await client.create(configMaps, rootCa(namespace, caPem)).catch(ignoreRaces);
          return undefined;
        },
      };
    },
  });
}

function rootCa(namespace: string, caPem: string): V1ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: NAME, annotations: { "kubernetes.io/description": DESCRIPTION } },
    data: { "ca.crt": caPem },
  };
}

/** Somebody else made it, or the namespace went away meanwhile: the watch brings us back if anything is left to do. */
function ignoreRaces(error: unknown): void {
  if (!["AlreadyExists", "NotFound"].includes(StatusError.from(error).reason)) throw error;
}
