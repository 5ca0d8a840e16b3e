import type { KubeObject } from "@drydock/apimachinery";
import type { InformerFactory } from "@drydock/client";
import { customResourceDefinitions, type ResourceRef, type V1CustomResourceDefinition } from "@drydock/kube-api";

/** The kind that a definition adds, in one version that is served; undefined while none is. */
export function customKindOf({ spec, status }: V1CustomResourceDefinition): ResourceRef<KubeObject> | undefined {
  const isEstablished = status?.conditions?.some(
    ({ type, status: value }) => type === "Established" && value === "True",
  );
  const served = spec.versions.filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (!isEstablished || !version) return undefined;
  const { plural, kind } = spec.names;
  return {
    group: spec.group,
    version: version.name,
    resource: plural,
    kind,
    namespaced: spec.scope === "Namespaced",
  } as ResourceRef<KubeObject>;
}

/** All kinds that definitions have added, as the cache has them. */
export function customKinds(informers: InformerFactory): ResourceRef<KubeObject>[] {
  return informers
    .informer(customResourceDefinitions)
    .lister.list()
    .flatMap((crd) => customKindOf(crd) ?? []);
}
