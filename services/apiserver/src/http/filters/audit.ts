import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Filter } from "../exchange.ts";

/** One JSON line a request (audit.k8s.io/v1 Event, level Metadata) to `path`; nothing when there is no path. */
export function audit(path: string): Filter {
  if (path === "") return (exchange, next) => next(exchange);
  mkdirSync(dirname(path), { recursive: true });
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  return async (exchange, next) => {
    const received = new Date(exchange.startedAtMs).toISOString();
    try {
      await next(exchange);
    } finally {
      const { info, user, impersonator, auditId, request, response, tlsSocket } = exchange;
      const event = {
        kind: "Event",
        apiVersion: "audit.k8s.io/v1",
        level: "Metadata",
        auditID: auditId,
        stage: "ResponseComplete",
        requestURI: request.url,
        verb: info?.verb,
        user: { username: (impersonator ?? user)?.name, groups: (impersonator ?? user)?.groups },
        ...(impersonator ? { impersonatedUser: { username: user.name, groups: user.groups } } : {}),
        sourceIPs: [tlsSocket?.remoteAddress],
        userAgent: request.headers["user-agent"],
        ...(info?.isResourceRequest
          ? {
              objectRef: {
                resource: info.resource,
                namespace: info.namespace,
                name: info.name,
                apiGroup: info.group,
                apiVersion: info.version,
                subresource: info.subresource,
              },
            }
          : {}),
        responseStatus: { code: response.statusCode },
        requestReceivedTimestamp: received,
        stageTimestamp: new Date().toISOString(),
      };
      stream.write(`${JSON.stringify(event)}\n`);
    }
  };
}
