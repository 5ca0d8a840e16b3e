import { timingSafeEqual } from "node:crypto";
import type { V1Secret } from "@drydock/kube-api";
import type { Registry } from "../registry/registry.ts";
import { forApiAudiences, type TokenAuthenticator } from "./token-authenticator.ts";
import type { UserInfo } from "./user-info.ts";

const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const TYPE = "bootstrap.kubernetes.io/token";

/** Tokens `id.secret` that the Secrets `bootstrap-token-<id>` of kube-system hold: how nodes join. */
export function bootstrapTokens(registry: Registry, apiAudiences: readonly string[]): TokenAuthenticator {
  const secrets = registry.require("", "v1", "secrets");
  return forApiAudiences(apiAudiences, (token) => {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const stored = registry.cached<V1Secret>(secrets, "kube-system", `bootstrap-token-${id}`);
    const user = stored && bootstrapUser(stored, id, secret, Date.now());
    return user && { kind: "user", user, audiences: [] };
  });
}

/** Undefined when the Secret is not (or no longer) a good one for this token. */
export function bootstrapUser(stored: V1Secret, id: string, secret: string, nowMs: number): UserInfo | undefined {
  if (stored.metadata.deletionTimestamp || stored.type !== TYPE) return undefined;
  const field = (name: string) => Buffer.from(stored.data?.[name] ?? "", "base64").toString("utf8");
  if (!isSame(field("token-secret"), secret) || field("token-id") !== id) return undefined;
  const expiration = field("expiration");
  if (expiration !== "" && !(Date.parse(expiration) > nowMs)) return undefined;
  if (field("usage-bootstrap-authentication") !== "true") return undefined;
  const extra = field("auth-extra-groups");
  const groups = extra === "" ? [] : extra.split(",");
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return { name: `system:bootstrap:${id}`, groups: [...new Set(["system:bootstrappers", ...groups])].sort() };
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
