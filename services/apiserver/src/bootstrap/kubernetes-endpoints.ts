import type { V1EndpointSlice, V1Endpoints } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import { reconcile } from "./reconcile.ts";

/** Makes the endpoints of the `kubernetes` Service these addresses, as Endpoints and as EndpointSlice. */
export async function writeKubernetesEndpoints(
  registry: Registry,
  addresses: readonly string[],
  securePort: number,
): Promise<void> {
  const port = { name: "https", port: securePort, protocol: "TCP" };
  const endpoints: V1Endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [port] }],
  };
  await reconcile(registry.require("", "v1", "endpoints"), endpoints, (wanted, current) => ({
    ...current,
    metadata: { ...current.metadata, labels: { ...current.metadata.labels, ...wanted.metadata.labels } },
    subsets: wanted.subsets ?? [],
  }));
  const slice: V1EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [port],
  };
  await reconcile(registry.require("discovery.k8s.io", "v1", "endpointslices"), slice, (wanted, current) => ({
    ...current,
    endpoints: wanted.endpoints ?? [],
    ports: wanted.ports ?? [],
  }));
}
