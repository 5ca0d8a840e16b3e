import type { AuthCommand } from "@drydock/proto/drydock/raft/v1/raft";
import type { Role, User } from "@drydock/proto/etcd/api/authpb/auth";
import type {
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserGrantRoleRequest,
  AuthUserRevokeRoleRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { errors } from "../rpc/errors.ts";
import { type Accounts, hasRootRole, ROOT } from "./accounts.ts";
import type { SimpleTokens } from "./simple-tokens.ts";

const FROM_KEY = Buffer.from([0]);

export type AuthRequest = NonNullable<AuthCommand["request"]>;

/** How users and roles may change: etcd's rules, those about root above all. Each change makes a new revision. */
export class AccountChanges {
  readonly #accounts: Accounts;
  readonly #tokens: SimpleTokens;

  constructor(accounts: Accounts, tokens: SimpleTokens) {
    this.#accounts = accounts;
    this.#tokens = tokens;
  }

  user(name: string): User {
    const user = this.#accounts.user(name);
    if (!user) throw errors.userNotFound();
    return user;
  }

  /** Throws RpcError when the rules forbid it; then nothing has changed. */
  run(request: Exclude<AuthRequest, { $case: "assignToken" }>): void {
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

  #enable(): void {
    if (this.#accounts.marks.isEnabled) return;
    const root = this.#accounts.user(ROOT);
    if (!root) throw errors.rootUserNotExist();
    if (!hasRootRole(root)) throw errors.rootRoleNotExist();
    this.#accounts.setMarks({ ...this.#accounts.marks, isEnabled: true });
  }

  #disable(): void {
    if (!this.#accounts.marks.isEnabled) return;
    this.#accounts.setMarks({ ...this.#accounts.marks, isEnabled: false });
    this.#commit();
    this.#tokens.clear();
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
    if (this.#accounts.marks.isEnabled && name === ROOT) throw errors.invalidAuthMgmt();
    this.user(name);
    this.#accounts.deleteUser(name);
    this.#commit();
    this.#tokens.invalidate(name);
  }

  #changePassword({ name, hashedPassword }: AuthUserChangePasswordRequest): void {
    const user = this.user(name);
    const password = Buffer.from(user.options?.noPassword ? "" : hashedPassword);
    this.#accounts.putUser({ ...user, password });
    this.#commit();
    this.#tokens.invalidate(name);
  }

  #grantRole({ user: name, role }: AuthUserGrantRoleRequest): void {
    const user = this.user(name);
    if (role !== ROOT) this.role(role);
    if (user.roles.includes(role)) return;
    this.#accounts.putUser({ ...user, roles: [...user.roles, role].sort() });
    this.#commit();
  }

  #revokeRole({ name, role }: AuthUserRevokeRoleRequest): void {
    if (this.#accounts.marks.isEnabled && name === ROOT && role === ROOT) throw errors.invalidAuthMgmt();
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
    if (this.#accounts.marks.isEnabled && name === ROOT) throw errors.invalidAuthMgmt();
    this.role(name);
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
    if (!isPermissible(perm)) throw errors.invalidAuthMgmt();
    const role = this.role(name);
    const others = role.keyPermission.filter((each) => !isSameRange(each, perm));
    const keyPermission = [...others, perm].sort((a, b) => Buffer.compare(a.key, b.key));
    this.#accounts.putRole({ ...role, keyPermission });
    this.#commit();
  }

  #revokePermission(request: AuthRoleRevokePermissionRequest): void {
    const role = this.role(request.role);
    const keyPermission = role.keyPermission.filter((each) => !isSameRange(each, request));
    if (keyPermission.length === role.keyPermission.length) throw errors.permissionNotGranted();
    this.#accounts.putRole({ ...role, keyPermission });
    this.#commit();
  }

  role(name: string): Role {
    const role = this.#accounts.role(name);
    if (!role) throw errors.roleNotFound();
    return role;
  }

  #commit(): void {
    const { marks } = this.#accounts;
    this.#accounts.setMarks({ ...marks, revision: marks.revision + 1 });
  }
}

/** A key, or a range that is not empty; an end of one zero byte means every key from there on. */
function isPermissible({ key, rangeEnd }: { key: Buffer; rangeEnd: Buffer }): boolean {
  if (key.length === 0) return false;
  if (rangeEnd.length === 0 || rangeEnd.equals(FROM_KEY)) return true;
  return Buffer.compare(rangeEnd, key) > 0;
}

function isSameRange(a: { key: Buffer; rangeEnd: Buffer }, b: { key: Buffer; rangeEnd: Buffer }): boolean {
  return a.key.equals(b.key) && a.rangeEnd.equals(b.rangeEnd);
}
