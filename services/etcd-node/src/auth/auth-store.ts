import type { KeyRange } from "@drydock/mvcc";
import type { AuthCommand, Requester } from "@drydock/proto/drydock/raft/v1/raft";
import { type Permission, Permission_Type as PermissionType, type User } from "@drydock/proto/etcd/api/authpb/auth";
import type {
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserGrantRoleRequest,
  AuthUserRevokeRoleRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { toKeyRange } from "../apply/requests.ts";
import { errors } from "../rpc/errors.ts";
import { Accounts, type AuthBackend, hasRootRole, ROOT, ROOT_PERMISSION } from "./accounts.ts";
import { KeyPermissions } from "./key-permissions.ts";
import type { SimpleTokens } from "./simple-tokens.ts";

type AuthRequest = NonNullable<AuthCommand["request"]>;
type Access = "read" | "write";

/**
 * Users, roles and what they allow, by etcd's rules. Deterministic: the same commands give the same state on every member. Every
 * change makes a new revision; a request that was let through at an older one is refused. Throws RpcError.
 */
export class AuthStore {
  readonly tokens: SimpleTokens;
  readonly #accounts: Accounts;
  /** By user; forgotten at every change. */
  readonly #permissions = new Map<string, Record<Access, KeyPermissions>>();

  constructor(backend: AuthBackend, tokens: SimpleTokens) {
    this.#accounts = new Accounts(backend);
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
    const user = this.#accounts.user(name);
    if (!user) throw errors.userNotFound();
    return user;
  }

  hasRole(userName: string, role: string): boolean {
    return this.#accounts.user(userName)?.roles.includes(role) ?? false;
  }

  permissionsOfRole(name: string): Permission[] {
    const { keyPermission } = this.#role(name);
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
    this.#change(request);
    this.#permissions.clear();
    return "";
  }

  #change(request: AuthRequest): void {
    switch (request.$case) {
      case "enable":
        return this.#enable();
      case "disable":
        return this.#disable();
      case "userAdd":
        return this.#addUser(request.value);
      case "userDelete":
        return this.#deleteUser(request.value.name);
      case "userChangePassword":
        return this.#changePassword(request.value);
      case "userGrantRole":
        return this.#grantRole(request.value);
      case "userRevokeRole":
        return this.#revokeRole(request.value);
      case "roleAdd":
        return this.#addRole(request.value.name);
      case "roleDelete":
        return this.#deleteRole(request.value.role);
      case "roleGrantPermission":
        return this.#grantPermission(request.value);
      case "roleRevokePermission":
        return this.#revokePermission(request.value);
    }
  }

  #assignToken(name: string, prefix: string, index: number, nowMs: number): string {
    if (!this.isEnabled) throw errors.authNotEnabled();
    const user = this.#accounts.user(name);
    if (!user || user.options?.noPassword) throw errors.authFailed();
    const token = `${prefix}.${index}`;
    this.tokens.assign(token, name, nowMs);
    return token;
  }

  #enable(): void {
    if (this.isEnabled) return;
    const root = this.#accounts.user(ROOT);
    if (!root) throw errors.rootUserNotExist();
    if (!hasRootRole(root)) throw errors.rootRoleNotExist();
    this.#accounts.setMarks({ ...this.#accounts.marks, isEnabled: true });
  }

  #disable(): void {
    if (!this.isEnabled) return;
    this.#accounts.setMarks({ ...this.#accounts.marks, isEnabled: false });
    this.#commit();
    this.tokens.clear();
  }

  #addUser({ name, hashedPassword, options }: AuthUserAddRequest): void {
    if (name === "") throw errors.userEmpty();
    if (this.#accounts.user(name)) throw errors.userAlreadyExists();
    const noPassword = options?.noPassword ?? false;
    const password = Buffer.from(noPassword ? "" : hashedPassword);
    this.#accounts.putUser({ name: Buffer.from(name), password, roles: [], options: { noPassword } });
    this.#commit();
  }

  #deleteUser(name: string): void {
    if (this.isEnabled && name === ROOT) throw errors.invalidAuthMgmt();
    this.user(name);
    this.#accounts.deleteUser(name);
    this.#commit();
    this.tokens.invalidate(name);
  }

  #changePassword({ name, hashedPassword }: AuthUserChangePasswordRequest): void {
    const user = this.user(name);
    const password = Buffer.from(user.options?.noPassword ? "" : hashedPassword);
    this.#accounts.putUser({ ...user, password });
    this.#commit();
    this.tokens.invalidate(name);
  }

  #grantRole({ user: name, role }: AuthUserGrantRoleRequest): void {
    const user = this.user(name);
    if (role !== ROOT) this.#role(role);
    if (user.roles.includes(role)) return;
    this.#accounts.putUser({ ...user, roles: [...user.roles, role].sort() });
    this.#commit();
  }

  #revokeRole({ name, role }: AuthUserRevokeRoleRequest): void {
    if (this.isEnabled && name === ROOT && role === ROOT) throw errors.invalidAuthMgmt();
    const user = this.user(name);
    if (!user.roles.includes(role)) throw errors.roleNotGranted();
    this.#accounts.putUser({ ...user, roles: user.roles.filter((each) => each !== role) });
    this.#commit();
  }

  #addRole(name: string): void {
    if (name === "") throw errors.roleEmpty();
    if (this.#accounts.role(name)) throw errors.roleAlreadyExists();
    this.#accounts.putRole({ name: Buffer.from(name), keyPermission: [] });
    this.#commit();
  }

  #deleteRole(name: string): void {
    if (this.isEnabled && name === ROOT) throw errors.invalidAuthMgmt();
    this.#role(name);
    this.#accounts.deleteRole(name);
    for (const userName of this.#accounts.userNames) {
      const user = this.user(userName);
      if (user.roles.includes(name))
        this.#accounts.putUser({ ...user, roles: user.roles.filter((each) => each !== name) });
    }
    this.#commit();
  }

  #grantPermission({ name, perm }: AuthRoleGrantPermissionRequest): void {
    if (!perm) throw errors.permissionNotGiven();
    const role = this.#role(name);
    const others = role.keyPermission.filter((each) => !isSameRange(each, perm));
    const keyPermission = [...others, perm].sort((a, b) => Buffer.compare(a.key, b.key));
    this.#accounts.putRole({ ...role, keyPermission });
    this.#commit();
  }

  #revokePermission(request: AuthRoleRevokePermissionRequest): void {
    const role = this.#role(request.role);
    const keyPermission = role.keyPermission.filter((each) => !isSameRange(each, request));
    if (keyPermission.length === role.keyPermission.length) throw errors.permissionNotGranted();
    this.#accounts.putRole({ ...role, keyPermission });
    this.#commit();
  }

  #role(name: string) {
    const role = this.#accounts.role(name);
    if (!role) throw errors.roleNotFound();
    return role;
  }

  #commit(): void {
    const { marks } = this.#accounts;
    this.#accounts.setMarks({ ...marks, revision: marks.revision + 1 });
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

function isSameRange(a: { key: Buffer; rangeEnd: Buffer }, b: { key: Buffer; rangeEnd: Buffer }): boolean {
  return a.key.equals(b.key) && a.rangeEnd.equals(b.rangeEnd);
}
