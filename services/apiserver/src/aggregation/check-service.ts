import type { V1APIService, V1EndpointSlice, V1Service } from "@drydock/kube-api";
import type { PodReference } from "../webhook-client/target.ts";

export interface Availability {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

export const PASSED: Availability = { status: "True", reason: "Passed", message: "all checks passed" };

const HTTPS_PORT = 443;

/** What can be said of a remote APIService before it is asked: undefined when nothing speaks against asking. */
export function checkService(
  apiService: V1APIService,
  service: V1Service | undefined,
  slices: readonly V1EndpointSlice[],
): Availability | undefined {
  const { namespace = "", name = "", port = HTTPS_PORT } = apiService.spec?.service ?? {};
  const no = (reason: string, message: string): Availability => ({ status: "False", reason, message });
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  if (!service) return no("ServiceNotFound", `${where} is not present`);
  if (service.spec?.type !== "ClusterIP") return undefined;
  const listening = service.spec.ports?.find((candidate) => candidate.port === port);
  if (!listening) return no("ServicePortError", `${where} is not listening on port ${port}`);
  if (slices.length === 0) return no("EndpointsNotFound", `cannot find endpointslices for ${where}`);
  const portName = listening.name ?? "";
  if (slices.some((slice) => readyAddress(slice, portName))) return undefined;
  const missing = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`;
  return no("MissingEndpoints", missing);
}

function readyAddress({ endpoints, ports }: V1EndpointSlice, portName: string): boolean {
  return (
    (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
    (ports ?? []).some(({ name, port }) => (name ?? "") === portName && port !== undefined)
  );
}

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Whose port that is, if it is a pod's. */
  readonly pod?: PodReference | undefined;
}

/** Where a Service is reached: through its cluster IP, or, when the server routes itself, at one of its ready endpoints. Throws when nowhere. */
export function resolveService(
  reference: NonNullable<NonNullable<V1APIService["spec"]>["service"]>,
  service: V1Service | undefined,
  slices: readonly V1EndpointSlice[],
  routing: { readonly toEndpoints: boolean; readonly random: (below: number) => number },
): Address {
  const { name = "", port = HTTPS_PORT } = reference;
  const { spec } = service ?? {};
  if (!spec) throw new Error(`service ${JSON.stringify(name)} not found`);
  if (spec.type === "ExternalName") return { host: spec.externalName ?? "", port };
  const wanted = spec.ports?.find((candidate) => candidate.port === port);
  if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  if (!routing.toEndpoints) {
    if (!spec.clusterIP || spec.clusterIP === "None")
      throw new Error(`cannot route to service with ClusterIP ${JSON.stringify(spec.clusterIP ?? "")}`);
    return { host: spec.clusterIP, port };
  }
  const addresses = slices.flatMap(({ endpoints, ports }): Address[] => {
    const own = ports?.find((candidate) => (candidate.name ?? "") === (wanted.name ?? ""))?.port;
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    if (!own) return [];
    return ready.flatMap(({ addresses: [host], targetRef }) => {
      const { kind, name: podName = "" } = targetRef ?? {};
      const pod = kind === "Pod" ? { namespace: reference.namespace ?? "", name: podName } : undefined;
      return host ? [{ host, port: own, pod }] : [];
    });
  });
  const chosen = addresses[routing.random(addresses.length)];
  if (!chosen) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}
