import { type Clock, sleep } from "@drydock/base";
import type { Informer } from "@drydock/client";
import type { Logger } from "@drydock/component";
import type { V1Node } from "@drydock/kube-api";
import type { NodeNetwork, PeerRoute } from "./node-network.ts";

/** Interfaces come and go with `docker network connect`; routes are looked at this often even if no node changed. */
const RESYNC_MS = 15_000;

/** Keeps the routes to the other nodes' pods, and the node's own rules, as they should be, until aborted. */
export async function runRoutes(
  network: NodeNetwork,
  nodes: Informer<V1Node>,
  nodeName: string,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let wake = () => {};
  nodes.addHandler({ onAdd: () => wake(), onUpdate: () => wake(), onDelete: () => wake() });
  let last = "";
  while (!signal.aborted) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    try {
      const peers = peerRoutes(nodes.lister.list(), nodeName);
      const current = JSON.stringify(peers);
      if (current !== last) logger.info({ peers }, "routes to other nodes");
      last = current;
      await network.ensureBackstops();
      await network.ensureBridge();
      await network.syncPeers(peers);
    } catch (error) {
      logger.warn({ err: (error as Error).message }, "routes not synced");
    }
    await Promise.race([woken, sleep(clock, RESYNC_MS, signal).catch(() => {})]);
  }
}

function peerRoutes(nodes: readonly V1Node[], nodeName: string): PeerRoute[] {
  return nodes
    .flatMap((node) => {
      const nodeIp = node.status?.addresses?.find((address) => address.type === "InternalIP")?.address;
      const podCidr = node.spec?.podCIDR;
      return node.metadata.name !== nodeName && nodeIp && podCidr ? [{ podCidr, nodeIp }] : [];
    })
    .sort((a, b) => (a.podCidr < b.podCidr ? -1 : 1));
}
