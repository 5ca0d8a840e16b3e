import { type ControllerDefinition, defineController } from "@drydock/client";
import { nodes } from "@drydock/kube-api";
import { parseCidrRange, planPodCidr } from "./plan-pod-cidr.ts";

export interface NodeIpamOptions {
  readonly clusterCidr: string;
  readonly nodeCidrMaskSize: number;
}

/**
 * Gives every node its own part of the pod range. One worker, and what it has given stays reserved until the cache shows it, so
 * that no range is given twice; a deleted node's range is free again.
 */
export function nodeIpam(options: NodeIpamOptions): ControllerDefinition {
  const range = parseCidrRange(options.clusterCidr, options.nodeCidrMaskSize);
  return defineController({
    name: "node-ipam-controller",
    primary: nodes,
    workers: 1,
    create({ client, informers, logger, recorderFor }) {
      const lister = informers.informer(nodes).lister;
      const recorder = recorderFor("cidrAllocator");
      /** By node name: given by us, not yet seen in the cache. */
      const reserved = new Map<string, string>();
      let next = 0;
      return {
        async reconcile(name) {
          const node = lister.getByKey(name);
          if (!node || node.spec?.podCIDR) {
            reserved.delete(name);
            return undefined;
          }
          const taken = new Set([...lister.list().map(({ spec }) => spec?.podCIDR ?? ""), ...reserved.values()]);
          const own = reserved.get(name);
          const plan = own ? { cidr: own, next } : planPodCidr(range, taken, next);
          if (!plan) {
            recorder.event(node, "Warning", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
            return { requeueAfterMs: 10_000 };
          }
          reserved.set(name, plan.cidr);
          next = plan.next;
          const spec = { podCIDR: plan.cidr, podCIDRs: [plan.cidr] };
          await client.patch(nodes, { name }, { spec }, "application/strategic-merge-patch+json");
          logger.info({ node: name, podCIDR: plan.cidr }, "pod range assigned");
          return undefined;
        },
      };
    },
  });
}
