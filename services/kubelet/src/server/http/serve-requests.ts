import type { TLSSocket } from "node:tls";
import type { Logger } from "@drydock/component";
import type { NodeAuthenticator } from "../access/authenticator.ts";
import type { NodeAuthorizer } from "../access/authorizer.ts";
import type { NodeUser } from "../access/node-user.ts";
import { requestAttributes } from "../access/request-attributes.ts";
import { answerText, HttpError, type NodeExchange } from "./node-exchange.ts";
import { findRoute, type NodeRoute } from "./routes.ts";

export interface RequestChain {
  readonly routes: readonly NodeRoute[];
  readonly authenticator: NodeAuthenticator;
  readonly authorizer: NodeAuthorizer;
  readonly logger: Logger;
}

/** Who asks, whether they may, and what is there. What nobody could be allowed to see, because it is not there, needs no credentials. */
export async function serveRequest(chain: RequestChain, exchange: NodeExchange): Promise<void> {
  const method = exchange.request.method ?? "GET";
  const verdict = findRoute(chain.routes, method, exchange.path);
  try {
    if (verdict.kind === "unknown") return answerText(exchange, 404, "404 page not found\n");
    await admit(chain, exchange, method);
    if (verdict.kind === "notFound") return answerText(exchange, 404, "404: Page Not Found");
    if (verdict.kind === "methodNotAllowed") {
      exchange.response.setHeader("Allow", verdict.allowed.join(", "));
      return answerText(exchange, 405, "405: Method Not Allowed");
    }
    await verdict.handle(exchange, verdict.parameters);
  } catch (error) {
    answerFailure(chain.logger, exchange, error);
  }
}

async function admit({ authenticator, authorizer, logger }: RequestChain, exchange: NodeExchange, method: string) {
  const { request, path } = exchange;
  const user = await authenticator
    .authenticate(tlsSocketOf(exchange), String(request.headers.authorization ?? ""))
    .catch((error: Error) => {
      logger.warn({ err: error.message }, "unable to authenticate a request");
      return undefined;
    });
  if (!user) throw new HttpError(401, "Unauthorized");
  const { verb, subresources } = requestAttributes(method, path);
  for (const subresource of subresources) if (await isAllowed(authorizer, user, verb, subresource)) return;
  const wanted = `verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}]`;
  throw new HttpError(403, `Forbidden (user=${user.name}, ${wanted})\n`);
}

async function isAllowed(authorizer: NodeAuthorizer, user: NodeUser, verb: string, subresource: string) {
  return authorizer.allows(user, verb, subresource).catch((cause: unknown) => {
    const wanted = `user=${user.name}, verb=${verb}, resource=nodes, subresource=${subresource}`;
    throw new HttpError(500, `Authorization error (${wanted})`, { cause });
  });
}

function tlsSocketOf({ request }: NodeExchange): TLSSocket | undefined {
  return ("stream" in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined;
}

function answerFailure(logger: Logger, exchange: NodeExchange, error: unknown): void {
  const { response } = exchange;
  const { message } = error as Error;
  if (!(error instanceof HttpError) && !exchange.signal.aborted)
    logger.warn({ path: exchange.path, err: message }, "request to the kubelet failed");
  if (response.headersSent) response.destroy();
  else answerText(exchange, error instanceof HttpError ? error.code : 500, message);
}
