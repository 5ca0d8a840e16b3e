import type { V1Pod, V1PolicyRule } from "@drydock/kube-api";
import { nodeNameOf } from "../authentication/user-info.ts";
import type { Registry, ResourceStore } from "../registry/registry.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import { NodeVolumes } from "./node-volumes.ts";
import { ruleAllows } from "./rbac/rules.ts";

const ALLOW: Decision = { verdict: "allow", reason: "" };

/** What every kubelet may do, whoever's pods it runs; which objects it may write is NodeRestriction's to say. */
const NODE_RULES: readonly V1PolicyRule[] = [
  { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
  {
    apiGroups: ["authorization.k8s.io"],
    resources: ["subjectaccessreviews", "localsubjectaccessreviews"],
    verbs: ["create"],
  },
  { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["nodes"], verbs: ["create", "get", "list", "watch", "update", "patch"] },
  { apiGroups: [""], resources: ["nodes/status"], verbs: ["update", "patch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "update", "patch"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "update", "patch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "create", "delete"] },
  { apiGroups: [""], resources: ["pods/status"], verbs: ["update", "patch"] },
  { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
  { apiGroups: ["storage.k8s.io"], resources: ["csidrivers"], verbs: ["get", "list", "watch"] },
  {
    apiGroups: ["storage.k8s.io"],
    resources: ["csinodes"],
    verbs: ["create", "delete", "get", "patch", "update"],
  },
  {
    apiGroups: ["certificates.k8s.io"],
    resources: ["certificatesigningrequests"],
    verbs: ["create", "get", "list", "watch"],
  },
  { apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["get", "list", "watch"] },
];

/** Kubelets: the rules above, their own lease, and the secrets, config maps and accounts of the pods bound to them. */
export class NodeAuthorizer implements Authorizer {
  readonly name = "Node";
  readonly #pods: ResourceStore;
  readonly #volumes: ReadonlyMap<string, (node: string, namespace: string, name: string) => boolean>;

  constructor(registry: Registry) {
    this.#pods = registry.require("", "v1", "pods");
    const volumes = new NodeVolumes(registry);
    this.#volumes = new Map([
      ["/persistentvolumeclaims", (node, namespace, name) => volumes.usesClaim(node, namespace, name)],
      ["/persistentvolumes", (node, _namespace, name) => volumes.usesVolume(node, name)],
      ["storage.k8s.io/volumeattachments", (node, _namespace, name) => volumes.hasAttachment(node, name)],
    ]);
  }

  authorize(attributes: Attributes): Decision {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return { verdict: "no-opinion", reason: "" };
    const { group, resource, subresource, verb, namespace, name } = attributes;
    if (group === "coordination.k8s.io" && resource === "leases") {
      const isOwn = namespace === "kube-node-lease" && (name === node || verb === "create");
      return isOwn ? ALLOW : refuse(`can only access node lease with the same name as the requesting node`);
    }
    if (group === "" && (resource === "secrets" || resource === "configmaps")) {
      if (!["get", "list", "watch"].includes(verb) || name === "")
        return refuse(`can only read resources of this type`);
      const isUsed = this.#hasPod(node, namespace, (pod) => refersTo(pod, resource, name));
      return isUsed ? ALLOW : refuse(`no relationship found between node '${node}' and this object`);
    }
    if (group === "" && resource === "serviceaccounts" && subresource === "token") {
      const isUsed = this.#hasPod(node, namespace, (pod) => (pod.spec?.serviceAccountName ?? "default") === name);
      return isUsed ? ALLOW : refuse(`no relationship found between node '${node}' and this object`);
    }
    const volume = this.#volumes.get(`${group}/${resource}`);
    const isClaimStatus = group === "" && resource === "persistentvolumeclaims" && subresource === "status";
    if (isClaimStatus && (verb === "update" || verb === "patch") && volume?.(node, namespace, name)) return ALLOW;
    if (volume) {
      if (verb !== "get" || subresource !== "") return refuse("can only get individual resources of this type");
      return volume(node, namespace, name)
        ? ALLOW
        : refuse(`no relationship found between node '${node}' and this object`);
    }
    return NODE_RULES.some((rule) => ruleAllows(rule, attributes)) ? ALLOW : { verdict: "no-opinion", reason: "" };
  }

  #hasPod(node: string, namespace: string, matches: (pod: V1Pod) => boolean): boolean {
    for (const { object } of this.#pods.cache.scan(`${this.#pods.cache.prefix}${namespace}/`)) {
      const pod = object as V1Pod;
      if (pod.spec?.nodeName === node && matches(pod)) return true;
    }
    return false;
  }
}

function refuse(reason: string): Decision {
  return { verdict: "no-opinion", reason };
}

/** Whether a pod mounts, reads or pulls with the object. */
function refersTo({ spec }: V1Pod, resource: "secrets" | "configmaps", name: string): boolean {
  const isSecret = resource === "secrets";
  const volumes = (spec?.volumes ?? []).some(({ secret, configMap, projected }) => {
    if (isSecret ? secret?.secretName === name : configMap?.name === name) return true;
    return (projected?.sources ?? []).some(
      (source) => (isSecret ? source.secret?.name : source.configMap?.name) === name,
    );
  });
  if (volumes) return true;
  if (isSecret && (spec?.imagePullSecrets ?? []).some((reference) => reference.name === name)) return true;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(
    ({ env = [], envFrom = [] }) =>
      env.some(
        ({ valueFrom }) => (isSecret ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name) === name,
      ) || envFrom.some((source) => (isSecret ? source.secretRef?.name : source.configMapRef?.name) === name),
  );
}
