import type { UserInfo } from "../authentication/user-info.ts";

/** Who asks, as authentication.k8s.io/v1 writes it. */
export function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid && { uid }), groups, ...(extra && { extra }) };
}
