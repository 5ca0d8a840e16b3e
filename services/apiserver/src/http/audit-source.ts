import type { AuditSource } from "../audit/audited.ts";
import { type Exchange, headerOf } from "./exchange.ts";

export function auditSourceOf({ request, response, tlsSocket }: Exchange): AuditSource {
  return {
    requestUri: request.url ?? "",
    userAgent: headerOf(request, "user-agent"),
    /** What a proxy says, then who is connected. */
    sourceIps() {
      const named = [...headerOf(request, "x-forwarded-for").split(","), headerOf(request, "x-real-ip")];
      const all = [...named.map((text) => text.trim()), tlsSocket?.remoteAddress ?? ""];
      return [...new Set(all.filter((text) => text !== "").map((text) => text.replace(/^::ffff:/, "")))];
    },
    statusCode: () => response.statusCode,
  };
}

/** Upstream's words for the credentials that were not good enough. */
export function attemptsOf({ request, tlsSocket }: Exchange): string {
  const scheme = headerOf(request, "authorization").trim().split(" ")[0]?.toLowerCase() ?? "";
  const attempts = ["basic", "bearer"].filter((known) => known === scheme);
  if (tlsSocket?.getPeerCertificate().subject) attempts.push("x509");
  if (attempts.length === 0) return "Authentication failed, no credentials provided";
  return `Authentication failed, attempted: ${attempts.join(", ")}`;
}
