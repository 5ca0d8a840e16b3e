import type { ClusterServer } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { header, type RpcContext, unary } from "./context.ts";

/** Cluster: who belongs to it. */
export function createClusterService(context: RpcContext): Pick<ClusterServer, "memberList"> {
  return {
    memberList: unary(context, async (request) => {
      if (request.linearizable) await context.driver.linearize();
      const members = context.cluster.members.map(({ id, name, peerUrls }) => ({
        ID: id,
        name,
        peerURLs: [...peerUrls],
        clientURLs: [...context.driver.state.machine.members.clientUrlsOf(id)],
        isLearner: false,
      }));
      return { header: header(context), members };
    }),
  };
}
