/** Who asks a kubelet. */
export interface NodeUser {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: NodeUser = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Everybody whose name is known belongs to this group. */
export function authenticatedUser(user: NodeUser): NodeUser {
  const group = "system:authenticated";
  return user.groups.includes(group) ? user : { ...user, groups: [...user.groups, group] };
}
