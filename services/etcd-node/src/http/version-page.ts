import { SERVER_VERSION } from "../cluster/versions.ts";
import type { RpcContext } from "../rpc/context.ts";
import { answer, isRead } from "./answers.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";

/** What this server is, what the cluster agrees on, and what the data are. */
export async function serveVersion(
  request: HttpRequest,
  response: HttpResponse,
  { driver, versions }: RpcContext,
): Promise<void> {
  if (!isRead(request, response)) return;
  const { cluster } = driver.state.machine.versions;
  const version = { etcdserver: SERVER_VERSION, etcdcluster: cluster, storage: versions.storage };
  answer(response, 200, JSON.stringify(version), { "Content-Type": "application/json" });
}
