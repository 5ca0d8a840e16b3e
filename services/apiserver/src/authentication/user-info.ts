/** Who a request comes from, as authentication found it. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** The server's own work (bootstrap objects, repairs): may do everything, passes no authorizer. */
export const loopbackUser: UserInfo = { name: "system:apiserver", groups: ["system:authenticated", "system:masters"] };

const nodePrefix = "system:node:";

/** The node's name when the user is a kubelet (`system:node:<name>` in group system:nodes). */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodePrefix) || !user.groups.includes("system:nodes")) return undefined;
  return user.name.slice(nodePrefix.length);
}
