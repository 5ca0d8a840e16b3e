import { type ControllerContext, defineController, type Reconciler } from "@drydock/client";
import { nodes, type V1Node } from "@drydock/kube-api";
import { planPodCidr } from "./plan-pod-cidr.ts";

/** Gives every node a range of pod addresses of its own. One worker: two nodes must not be given the same. */
export const nodeIpam = (clusterCidr: string, maskSize: number) =>
  defineController({
    name: "node-ipam",
    primary: nodes,
    workers: 1,
    create: (context) => new NodeIpam(context, clusterCidr, maskSize),
  });

class NodeIpam implements Reconciler {
  readonly #context: ControllerContext;
  readonly #clusterCidr: string;
  readonly #maskSize: number;
  /** Given away in this life, also when the cache does not show it yet. */
  readonly #given = new Map<string, string>();

  constructor(context: ControllerContext, clusterCidr: string, maskSize: number) {
    this.#context = context;
    this.#clusterCidr = clusterCidr;
    this.#maskSize = maskSize;
  }

  async reconcile(name: string): Promise<undefined> {
    const { client, informers, logger } = this.#context;
    const { lister } = informers.informer(nodes);
    const node = lister.getByKey(name);
    if (!node) {
      this.#given.delete(name);
      return;
    }
    if (node.spec?.podCIDR) return;
    const taken = new Set([...lister.list().flatMap(cidrsOf), ...this.#given.values()]);
    const podCIDR = this.#given.get(name) ?? planPodCidr(this.#clusterCidr, this.#maskSize, taken);
    if (!podCIDR) throw new Error(`no pod range left in ${this.#clusterCidr}`);
    this.#given.set(name, podCIDR);
    await client.patch(nodes, { name }, { spec: { podCIDR, podCIDRs: [podCIDR] } }, "application/merge-patch+json");
    logger.info({ node: name, podCIDR }, "gave the node a pod range");
  }
}

function cidrsOf({ spec }: V1Node): string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
}
