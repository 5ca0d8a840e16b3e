import type { V1PolicyRule } from "@drydock/kube-api";
import { nodeNameOf } from "../authentication/user-info.ts";
import type { Registry } from "../registry/registry.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import { nodeRelations, type Relation } from "./node-relations.ts";
import { ruleAllows } from "./rbac/rules.ts";

const ALLOW: Decision = { verdict: "allow", reason: "" };
const NO_OPINION: Decision = { verdict: "no-opinion", reason: "" };

/** What every kubelet may do, whoever's pods it runs; which objects it may write is NodeRestriction's to say. */
const NODE_RULES: readonly V1PolicyRule[] = [
  { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
  {
    apiGroups: ["authorization.k8s.io"],
    resources: ["subjectaccessreviews", "localsubjectaccessreviews"],
    verbs: ["create"],
  },
  { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "update", "patch"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "update", "patch"] },
  { apiGroups: ["storage.k8s.io"], resources: ["csidrivers"], verbs: ["get", "list", "watch"] },
  {
    apiGroups: ["certificates.k8s.io"],
    resources: ["certificatesigningrequests"],
    verbs: ["create", "get", "list", "watch"],
  },
  { apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["get", "list", "watch"] },
];

const OWN_VERBS: readonly string[] = ["get", "create", "update", "patch", "delete"];
const READ_VERBS: readonly string[] = ["get", "list", "watch"];
const LEASE_NAMESPACE = "kube-node-lease";

type Judge = (node: string, attributes: Attributes) => Decision;

/** Kubelets: the rules above, what is their own, and what the pods bound to them name. */
export class NodeAuthorizer implements Authorizer {
  readonly name = "Node";
  readonly #judges: ReadonlyMap<string, Judge>;

  constructor(registry: Registry) {
    const relations = nodeRelations(registry);
    const related: Judge = (node, attributes) => judgeRelation(relations, node, attributes);
    this.#judges = new Map<string, Judge>([
      ["/secrets", (node, attributes) => judgeRead(related, node, attributes)],
      ["/configmaps", (node, attributes) => judgeRead(related, node, attributes)],
      ["/persistentvolumeclaims", (node, attributes) => judgeClaim(related, node, attributes)],
      ["/persistentvolumes", (node, attributes) => judgeGet(related, node, attributes)],
      ["resource.k8s.io/resourceclaims", (node, attributes) => judgeGet(related, node, attributes)],
      ["storage.k8s.io/volumeattachments", (node, attributes) => judgeGet(related, node, attributes)],
      ["/serviceaccounts", (node, attributes) => judgeToken(related, node, attributes)],
      ["coordination.k8s.io/leases", judgeLease],
      ["storage.k8s.io/csinodes", judgeCsiNode],
      ["resource.k8s.io/resourceslices", (node, attributes) => judgeSlice(related, node, attributes)],
      ["/nodes", judgeNode],
      ["/pods", (node, attributes) => judgePod(related, node, attributes)],
    ]);
  }

  authorize(attributes: Attributes): Decision {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return NO_OPINION;
    const { isResourceRequest, group, resource } = attributes;
    const judge = isResourceRequest ? this.#judges.get(`${group}/${resource}`) : undefined;
    if (judge) return judge(node, attributes);
    return NODE_RULES.some((rule) => ruleAllows(rule, attributes)) ? ALLOW : NO_OPINION;
  }
}

function refuse(reason: string): Decision {
  return { verdict: "no-opinion", reason };
}

function judgeRelation(
  relations: ReadonlyMap<string, Relation>,
  node: string,
  { group, resource, namespace, name }: Attributes,
): Decision {
  if (name === "") return refuse("No Object name found");
  const isRelated = relations.get(`${group}/${resource}`)?.(node, namespace, name) ?? false;
  return isRelated ? ALLOW : refuse(`no relationship found between node '${node}' and this object`);
}

function judgeRead(related: Judge, node: string, attributes: Attributes): Decision {
  if (!READ_VERBS.includes(attributes.verb)) return refuse("can only read resources of this type");
  if (attributes.subresource !== "") return refuse("cannot read subresource");
  if (attributes.namespace === "") return refuse("can only read namespaced object of this type");
  return related(node, attributes);
}

function judgeGet(related: Judge, node: string, attributes: Attributes): Decision {
  if (attributes.verb !== "get") return refuse("can only get individual resources of this type");
  return attributes.subresource === "" ? related(node, attributes) : refuse("cannot get subresource");
}

function judgeClaim(related: Judge, node: string, attributes: Attributes): Decision {
  if (attributes.subresource !== "status") return judgeGet(related, node, attributes);
  const { verb } = attributes;
  return verb === "update" || verb === "patch"
    ? related(node, attributes)
    : refuse("can only get/update/patch this type");
}

function judgeToken(related: Judge, node: string, attributes: Attributes): Decision {
  const { verb, name, subresource } = attributes;
  if (verb !== "create" || name === "") return refuse("can only create tokens for individual service accounts");
  return subresource === "token"
    ? related(node, attributes)
    : refuse("can only create token subresource of serviceaccount");
}

function judgeLease(node: string, { verb, namespace, name }: Attributes): Decision {
  if (!OWN_VERBS.includes(verb)) return refuse("can only get, create, update, patch, or delete a node lease");
  if (namespace !== LEASE_NAMESPACE)
    return refuse(`can only access leases in the ${JSON.stringify(LEASE_NAMESPACE)} system namespace`);
  // What is created has no name yet; NodeRestriction sees it.
  if (verb === "create" || name === node) return ALLOW;
  return refuse("can only access node lease with the same name as the requesting node");
}

function judgeCsiNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (!OWN_VERBS.includes(verb)) return refuse("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return refuse("cannot authorize CSINode subresources");
  if (verb === "create" || name === node) return ALLOW;
  return refuse("can only access CSINode with the same name as the requesting node");
}

function judgeSlice(related: Judge, node: string, attributes: Attributes): Decision {
  const { verb, subresource } = attributes;
  if (subresource !== "") return refuse("cannot authorize ResourceSlice subresources");
  if (verb === "create") return ALLOW;
  if (OWN_VERBS.includes(verb)) return related(node, attributes);
  if (!["watch", "list", "deletecollection"].includes(verb))
    return refuse(
      "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
    );
  if (selects(attributes, "nodeName", node)) return ALLOW;
  return refuse("can only list/watch/deletecollection resourceslices with nodeName field selector");
}

function judgeNode(node: string, { verb, subresource, name }: Attributes): Decision {
  if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
  if (subresource !== "") return NO_OPINION;
  if (verb === "create" || verb === "update" || verb === "patch") return ALLOW;
  if (!READ_VERBS.includes(verb)) return NO_OPINION;
  if (name === node) return ALLOW;
  const what = name === "" ? "all nodes" : `'${name}'`;
  return refuse(`node '${node}' cannot read ${what}, only its own Node object`);
}

function judgePod(related: Judge, node: string, attributes: Attributes): Decision {
  const { verb, subresource, name } = attributes;
  if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
  if (subresource === "eviction") return verb === "create" ? ALLOW : NO_OPINION;
  if (subresource !== "") return NO_OPINION;
  if (verb === "get") return related(node, attributes);
  if (verb === "create" || verb === "delete") return ALLOW;
  if (verb !== "list" && verb !== "watch") return NO_OPINION;
  if (selects(attributes, "spec.nodeName", node)) return ALLOW;
  if (name !== "") return related(node, attributes);
  return refuse("can only list/watch pods with spec.nodeName field selector");
}

/** Whether a request asks for nothing but what is of the node. */
function selects({ fieldSelector = [] }: Attributes, path: string, node: string): boolean {
  return fieldSelector.some((one) => one.path === path && one.operator === "=" && one.value === node);
}
