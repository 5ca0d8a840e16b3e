import type { MemberRecord } from "../cluster/members.ts";
import type { RpcContext } from "../rpc/context.ts";
import { answer, isRead, notFound, TEXT, urlOf } from "./answers.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "./exchange.ts";
import { serveVersion } from "./version-page.ts";

type Page = (request: HttpRequest, response: HttpResponse, context: RpcContext) => Promise<void>;

const PAGES: Readonly<Record<string, Page>> = {
  "/version": serveVersion,
  "/members": async (request, response, context) => {
    if (!isRead(request, response)) return;
    const members = context.driver.state.machine.members.all.map(render).join(",");
    answer(response, 200, `[${members}]\n`, { "Content-Type": "application/json", ...clusterHeader(context) });
  },
  "/downgrade/enabled": async (request, response, context) => {
    if (!isRead(request, response)) return;
    const headers = clusterHeader(context);
    try {
      await context.driver.linearize();
    } catch (error) {
      const reason = `failed linearized read: ${(error as Error).message}\n`;
      return answer(response, 500, reason, { ...TEXT, ...headers });
    }
    const { isDowngrading } = context.driver.state.machine.versions;
    answer(response, 200, String(isDowngrading), { "Content-Type": "text/plain", ...headers });
  },
};

/** The peers' port speaks gRPC; over HTTP it tells who belongs to the cluster, and of which version it is. */
export function createPeerPages(context: RpcContext): HttpHandler {
  return async (request, response) => {
    const { pathname } = urlOf(request);
    const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined;
    return page ? page(request, response, context) : notFound(response);
  };
}

function clusterHeader({ identity }: RpcContext): Record<string, string> {
  return { "X-Etcd-Cluster-Id": BigInt(identity.clusterId).toString(16) };
}

/** JSON with its id as a number, which may be greater than JavaScript's are. */
function render({ id, name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner }: MemberRecord): string {
  const rest = {
    peerURLs,
    ...(isLearner ? { isLearner } : {}),
    ...(name ? { name } : {}),
    ...(clientURLs.length > 0 ? { clientURLs } : {}),
  };
  return `{"id":${id},${JSON.stringify(rest).slice(1)}`;
}
