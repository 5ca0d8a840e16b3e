import type { KeyRange } from "@drydock/mvcc";
import type { Requester } from "@drydock/proto/drydock/raft/v1/raft";
import { type Permission, Permission_Type as PermissionType, type User } from "@drydock/proto/etcd/api/authpb/auth";
import { toKeyRange } from "../apply/requests.ts";
import { errors } from "../rpc/errors.ts";
import { AccountChanges, type AuthRequest } from "./account-changes.ts";
import { Accounts, type AuthBackend, hasRootRole, ROOT, ROOT_PERMISSION } from "./accounts.ts";
import { KeyPermissions } from "./key-permissions.ts";
import type { SimpleTokens } from "./simple-tokens.ts";

type Access = "read" | "write";

/**
 * Users, roles and what they allow, by etcd's rules. Deterministic: the same commands give the same state on every member. Every
 * change makes a new revision; a request that was let through at an older one is refused. Throws RpcError.
 */
export class AuthStore {
  readonly tokens: SimpleTokens;
  readonly #accounts: Accounts;
  readonly #changes: AccountChanges;
  /** By user; forgotten at every change. */
  readonly #permissions = new Map<string, Record<Access, KeyPermissions>>();

  constructor(backend: AuthBackend, tokens: SimpleTokens) {
    this.#accounts = new Accounts(backend);
    this.#changes = new AccountChanges(this.#accounts, tokens);
    this.tokens = tokens;
  }

  get isEnabled(): boolean {
    return this.#accounts.marks.isEnabled;
  }
  get revision(): number {
    return this.#accounts.marks.revision;
  }
  get userNames(): string[] {
    return this.#accounts.userNames;
  }
  get roleNames(): string[] {
    return this.#accounts.roleNames;
  }

  user(name: string): User {
    return this.#changes.user(name);
  }

  hasRole(userName: string, role: string): boolean {
    return this.#accounts.user(userName)?.roles.includes(role) ?? false;
  }

  permissionsOfRole(name: string): Permission[] {
    const { keyPermission } = this.#changes.role(name);
    return name === ROOT ? [ROOT_PERMISSION] : keyPermission;
  }

  /** What the user's password is compared with. */
  passwordHashOf(userName: string): string {
    if (!this.isEnabled) throw errors.authNotEnabled();
    const user = this.#accounts.user(userName);
    if (!user) throw errors.authFailed();
    if (user.options?.noPassword) throw errors.noPasswordUser();
    return user.password.toString();
  }

  checkAdmin(requester: Requester | undefined): void {
    if (!this.isEnabled) return;
    if (!requester?.name) throw errors.userEmpty();
    if (!hasRootRole(this.user(requester.name))) throw errors.permissionDenied();
  }

  isAdmin(requester: Requester | undefined): boolean {
    const user = requester?.name ? this.#accounts.user(requester.name) : undefined;
    return user !== undefined && hasRootRole(user);
  }

  checkKeys(requester: Requester | undefined, range: KeyRange, access: Access): void {
    if (!this.isEnabled) return;
    if (!requester || requester.authRevision === 0) throw errors.userEmpty();
    if (requester.authRevision < this.revision) throw errors.authOldRevision();
    const user = this.#accounts.user(requester.name);
    if (!user) throw errors.permissionDenied();
    if (hasRootRole(user) || this.#permissionsOf(user)[access].covers(range)) return;
    throw errors.permissionDenied();
  }

  /** `index` is that of the log's entry; the token of an `assignToken`, nothing otherwise. */
  apply(request: AuthRequest, index: number, nowMs: number): string {
    if (request.$case === "assignToken")
      return this.#assignToken(request.value.name, request.value.prefix, index, nowMs);
    this.#changes.run(request);
    this.#permissions.clear();
    return "";
  }

  #assignToken(name: string, prefix: string, index: number, nowMs: number): string {
    if (!this.isEnabled) throw errors.authNotEnabled();
    const user = this.#accounts.user(name);
    if (!user || user.options?.noPassword) throw errors.authFailed();
    const token = `${prefix}.${index}`;
    this.tokens.assign(token, name, nowMs);
    return token;
  }

  #permissionsOf(user: User): Record<Access, KeyPermissions> {
    const name = user.name.toString();
    const known = this.#permissions.get(name);
    if (known) return known;
    const all = this.#accounts.permissionsOf(user);
    const except = (type: number) =>
      new KeyPermissions(
        all.filter(({ permType }) => permType !== type).map(({ key, rangeEnd }) => toKeyRange(key, rangeEnd)),
      );
    const permissions = { read: except(PermissionType.WRITE), write: except(PermissionType.READ) };
    this.#permissions.set(name, permissions);
    return permissions;
  }
}

/** For what the members themselves propose. */
export function rootRequester(auth: AuthStore): Requester {
  return { name: ROOT, authRevision: auth.revision };
}
