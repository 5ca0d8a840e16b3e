import { forbidden, notFound } from "@drydock/apimachinery";
import type { V1CSIDriver, V1Pod } from "@drydock/kube-api";
import { nodeNameOf } from "../../authentication/user-info.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import type { Call } from "../../registry/call.ts";
import type { Registry } from "../../registry/registry.ts";

interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly boundObjectRef?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

interface Ports {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
}

/** A node gets tokens for the pods that are bound to it, for audiences that these name or that RBAC grants it (KEP-4412). */
export async function assertNodeMayRequestToken(ports: Ports, call: Call, spec: TokenRequestSpec): Promise<void> {
  const node = nodeNameOf(call.context.user);
  if (node === undefined) return;
  const refuse = (reason: string) => forbidden({ group: "", resource: "serviceaccounts" }, call.name, reason);
  const { apiVersion, kind, name = "", uid = "" } = spec.boundObjectRef ?? {};
  if (apiVersion !== "v1" || kind !== "Pod" || name === "") throw refuse("node requested token not bound to a pod");
  if (uid === "") throw refuse("node requested token with a pod binding without a uid");
  const { registry } = ports;
  const pod = registry.cached<V1Pod>(registry.require("", "v1", "pods"), call.namespace, name);
  if (!pod) throw notFound({ group: "", resource: "pods" }, name);
  if (uid !== pod.metadata.uid)
    throw refuse(
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec?.nodeName !== node) throw refuse("node requested token bound to a pod scheduled on a different node");
  const audiences = spec.audiences ?? [];
  if (audiences.length > 1) throw refuse("node may only request 0 or 1 audiences");
  const [audience = ""] = audiences;
  if (audiencesOf(registry, pod).has(audience) || (await isGranted(ports, call, audience))) return;
  throw refuse(
    `audience ${JSON.stringify(audience)} not found in pod spec volume, ${call.context.user.name} is not authorized to request tokens for this audience`,
  );
}

/** The empty one stands for the API's own. */
function audiencesOf(registry: Registry, { spec }: V1Pod): Set<string> {
  const found = new Set<string>();
  const drivers = registry.require("storage.k8s.io", "v1", "csidrivers");
  for (const { projected, csi } of spec?.volumes ?? []) {
    for (const { serviceAccountToken } of projected?.sources ?? [])
      if (serviceAccountToken) found.add(serviceAccountToken.audience ?? "");
    const driver = csi && registry.cached<V1CSIDriver>(drivers, "", csi.driver);
    for (const { audience } of driver?.spec?.tokenRequests ?? []) found.add(audience);
  }
  return found;
}

async function isGranted(
  { authorizer }: Ports,
  { context, namespace, name }: Call,
  audience: string,
): Promise<boolean> {
  const { verdict } = await authorizer.authorize({
    user: context.user,
    isResourceRequest: true,
    path: "",
    verb: "request-serviceaccounts-token-audience",
    group: "",
    version: "v1",
    resource: audience,
    subresource: "",
    namespace,
    name,
  });
  return verdict === "allow";
}
