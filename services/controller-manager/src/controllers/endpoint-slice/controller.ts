import { deepEqual, labelSelectorFromMap, StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, defineWatch, type Reconciler, splitKey } from "@drydock/client";
import {
  endpointSlices,
  endpoints,
  pods,
  services,
  type V1EndpointSlice,
  type V1Endpoints,
  type V1Pod,
  type V1Service,
} from "@drydock/kube-api";
import { controllerReference } from "../../pods/pod-from-template.ts";
import { type EndpointGroup, planEndpoints } from "./plan-endpoints.ts";

const MANAGED_BY = "endpointslice-controller.k8s.io";
const SERVICE_NAME = "kubernetes.io/service-name";
const MAX_ENDPOINTS = 100;

/** Keeps EndpointSlices (and the older Endpoints) of every Service with a selector as its pods are. */
export const endpointSlice = defineController({
  name: "endpoint-slice",
  primary: services,
  owns: [],
  watches: [
    defineWatch({
      resource: endpointSlices,
      keysFor: ({ metadata }) =>
        metadata.labels?.["endpointslice.kubernetes.io/managed-by"] === MANAGED_BY
          ? [`${metadata.namespace}/${metadata.labels[SERVICE_NAME]}`]
          : [],
    }),
    defineWatch({ resource: endpoints, keysFor: ({ metadata }) => [`${metadata.namespace}/${metadata.name}`] }),
  ],
  create: (context) => new EndpointSliceReconciler(context),
});

class EndpointSliceReconciler implements Reconciler {
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  /** Services care about pods by their labels, which only this controller knows how to match: pods are followed here. */
  async run(signal: AbortSignal, enqueue: (key: string) => void): Promise<void> {
    const concern = (pod: V1Pod) => {
      for (const service of this.#context.informers.informer(services).lister.list(pod.metadata.namespace)) {
        const { selector } = service.spec ?? {};
        if (selector && labelSelectorFromMap(selector).matches(pod.metadata.labels ?? {}))
          enqueue(`${pod.metadata.namespace}/${service.metadata.name}`);
      }
    };
    this.#context.informers.informer(pods).addHandler({
      onAdd: concern,
      onDelete: concern,
      onUpdate(pod, old) {
        concern(pod);
        if (!deepEqual(pod.metadata.labels, old.metadata.labels)) concern(old);
      },
    });
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async reconcile(key: string): Promise<undefined> {
    const { namespace, name } = splitKey(key);
    const { informers } = this.#context;
    const service = informers.informer(services).lister.get(namespace, name);
    const hasSelector =
      service?.spec?.selector !== undefined &&
      Object.keys(service.spec.selector).length > 0 &&
      service.spec.type !== "ExternalName";
    if (service && !hasSelector) return;
    const groups =
      service && !service.metadata.deletionTimestamp
        ? planEndpoints(service, informers.informer(pods).lister.list(namespace))
        : [];
    await this.#syncSlices(namespace, name, service, groups);
    await this.#syncEndpoints(namespace, name, service, groups);
  }

  async #syncSlices(
    namespace: string,
    name: string,
    service: V1Service | undefined,
    groups: readonly EndpointGroup[],
  ): Promise<void> {
    const { client, informers } = this.#context;
    const existing = informers
      .informer(endpointSlices)
      .lister.list(namespace)
      .filter(
        ({ metadata }) =>
          metadata.labels?.[SERVICE_NAME] === name &&
          metadata.labels["endpointslice.kubernetes.io/managed-by"] === MANAGED_BY,
      );
    const wanted = service ? groups.flatMap(intoPages) : [];
    // A Service without pods still has a slice that says so.
    if (service && wanted.length === 0) wanted.push({ ports: [], endpoints: [] });
    for (const [index, page] of wanted.entries()) {
      const current = existing[index];
      const ports = page.ports.map((port) => ({ ...port }));
      const slice = { addressType: "IPv4", ports, endpoints: [...page.endpoints] };
      if (!current) await client.create(endpointSlices, newSlice(service as V1Service, slice));
      else if (
        !deepEqual(
          { ports: current.ports, endpoints: current.endpoints },
          { ports: slice.ports, endpoints: slice.endpoints },
        )
      )
        await client.update(endpointSlices, { ...current, ...slice });
    }
    for (const { metadata } of existing.slice(wanted.length))
      await client.delete(endpointSlices, { namespace, name: metadata.name }).catch(ignoreGone);
  }

  async #syncEndpoints(
    namespace: string,
    name: string,
    service: V1Service | undefined,
    groups: readonly EndpointGroup[],
  ): Promise<void> {
    const { client, informers } = this.#context;
    const current = informers.informer(endpoints).lister.get(namespace, name);
    if (!service) {
      if (current) await client.delete(endpoints, { namespace, name }).catch(ignoreGone);
      return;
    }
    const subsets = groups.map(toSubset).filter(({ addresses, notReadyAddresses }) => addresses || notReadyAddresses);
    const labels = { ...service.metadata.labels, "endpoints.kubernetes.io/managed-by": "endpoint-controller" };
    if (!current) {
      const created: V1Endpoints = {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { name, namespace, labels },
        ...(subsets.length > 0 ? { subsets } : {}),
      };
      await client.create(endpoints, created);
    } else if (!deepEqual(current.subsets ?? [], subsets)) {
      await client.update(endpoints, { ...current, subsets });
    }
  }
}

function intoPages({ ports, endpoints: all }: EndpointGroup): EndpointGroup[] {
  const pages = Math.ceil(all.length / MAX_ENDPOINTS);
  return Array.from({ length: pages }, (_, index) => ({
    ports,
    endpoints: all.slice(index * MAX_ENDPOINTS, (index + 1) * MAX_ENDPOINTS),
  }));
}

function newSlice(
  service: V1Service,
  content: Pick<V1EndpointSlice, "addressType" | "ports" | "endpoints">,
): V1EndpointSlice {
  const { name, namespace = "", labels } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "",
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME]: name,
        "endpointslice.kubernetes.io/managed-by": MANAGED_BY,
        ...(service.spec?.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {}),
      },
      ownerReferences: [controllerReference(service)],
    },
    ...content,
  };
}

function toSubset({ ports, endpoints: all }: EndpointGroup) {
  const address = ({ addresses, nodeName, targetRef, hostname }: EndpointGroup["endpoints"][number]) => ({
    ip: addresses[0] ?? "",
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  });
  const alive = all.filter(({ conditions }) => !conditions?.terminating);
  const ready = alive.filter(({ conditions }) => conditions?.ready).map(address);
  const notReady = alive.filter(({ conditions }) => !conditions?.ready).map(address);
  return {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ports: ports.map(({ name, port, protocol }) => ({ ...(name ? { name } : {}), port, protocol })),
  };
}

function ignoreGone(error: unknown): void {
  if (StatusError.from(error).code !== 404) throw error;
}
