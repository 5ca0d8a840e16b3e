import type { ProtobufFacts } from "./protobuf-facts.ts";
import type { Model } from "./read-models.ts";

/** Models whose short name fits two messages. */
const exceptions: Readonly<Record<string, string>> = {
  V1Preconditions: "k8s.io.apimachinery.pkg.apis.meta.v1.Preconditions",
};

/** Protobuf message of a model: `V1Pod` → `k8s.io.api.core.v1.Pod`, `EventsV1Event` → `k8s.io.api.events.v1.Event`. */
export function messageOf(model: Model, facts: ProtobufFacts): string | undefined {
  const exception = exceptions[model.name];
  if (exception !== undefined) return exception;
  const match = /^([A-Z][a-z]+)??(V\d+(?:alpha\d+|beta\d+)?)([A-Z].*)$/.exec(model.name);
  if (match === null) return undefined;
  const [, group, version, type] = match;
  const suffix = `.${version?.toLowerCase()}.${type}`;
  const candidates = Object.keys(facts).filter(
    (name) => name.endsWith(suffix) && (group === undefined || name.includes(`.${group.toLowerCase()}.`)),
  );
  if (candidates.length > 1) throw new Error(`${model.name} fits ${candidates.join(" and ")}`);
  return candidates[0];
}

/** OpenAPI name of a protobuf message: `k8s.io.api.core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
export function openApiNameOf(message: string): string {
  return message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator");
}

const groupNames: Readonly<Record<string, string>> = {
  core: "",
  apps: "apps",
  autoscaling: "autoscaling",
  batch: "batch",
  policy: "policy",
  extensions: "extensions",
  rbac: "rbac.authorization.k8s.io",
  flowcontrol: "flowcontrol.apiserver.k8s.io",
  apiserverinternal: "internal.apiserver.k8s.io",
  meta: "",
};

/** Group and version that a schema belongs to: `io.k8s.api.rbac.v1.Role` → rbac.authorization.k8s.io, v1. */
export function groupVersionOf(openApiName: string): { group: string; version: string; type: string } {
  const [type, version, group] = openApiName.split(".").reverse();
  if (type === undefined || version === undefined || group === undefined) throw new Error(`bad name ${openApiName}`);
  return { group: groupNames[group] ?? `${group}.k8s.io`, version, type };
}
