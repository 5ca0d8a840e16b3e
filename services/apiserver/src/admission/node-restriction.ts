import { forbidden, type KubeObject } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import { nodeNameOf } from "../authentication/user-info.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** A kubelet writes its own node and the pods bound to it, and nobody else's. */
export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  validate({ definition, subresource, name, operation, object, oldObject, context }) {
    const node = nodeNameOf(context.user);
    if (node === undefined) return;
    if (definition.kind === "CSINode" && (name || object?.metadata.name) !== node)
      throw forbidden(
        { group: definition.group, resource: definition.resource },
        name,
        "can only access CSINode with the same name as the requesting node",
      );
    if (definition.group !== "") return;
    if (definition.kind === "Node") {
      const target = name || object?.metadata.name || "";
      if (target !== node)
        throw forbidden(
          { group: "", resource: "nodes" },
          target,
          `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(target)}`,
        );
    }
    if (definition.kind === "Pod")
      checkPod(node, operation, subresource, name, object as V1Pod | undefined, oldObject as V1Pod | undefined);
  },
};

function checkPod(
  node: string,
  operation: string,
  subresource: string,
  name: string,
  pod: V1Pod | undefined,
  old: V1Pod | undefined,
): void {
  const pods = { group: "", resource: "pods" };
  if (operation === "create") {
    const isMirror =
      (pod as KubeObject | undefined)?.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
    if (!isMirror)
      throw forbidden(
        pods,
        name,
        `pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(node)} can only create mirror pods`,
      );
    return;
  }
  if (old?.spec?.nodeName === node) return;
  const what = operation === "delete" ? "delete pods" : `update ${subresource || "pod"} for pods`;
  throw forbidden(pods, name, `node ${JSON.stringify(node)} can only ${what} with spec.nodeName set to itself`);
}
