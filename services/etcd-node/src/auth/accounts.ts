import { type Permission, Permission_Type as PermissionType, Role, User } from "@drydock/proto/etcd/api/authpb/auth";
import { pack, unpack } from "msgpackr";

/** Where users and roles are kept: a section of the backend. */
export interface AuthBackend {
  putIn(section: "auth", name: string, value: Buffer | undefined): void;
  recordsIn(section: "auth"): Iterable<Buffer>;
}

export interface AuthMarks {
  readonly isEnabled: boolean;
  readonly revision: number;
}

export const ROOT = "root";

/** Of the first byte of a record. */
const KIND = { user: 1, role: 2, marks: 3 } as const;

/** Users, roles and the switch, in memory and in the backend alike. Knows no rules. */
export class Accounts {
  readonly #backend: AuthBackend;
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Role>();
  #marks: AuthMarks = { isEnabled: false, revision: 1 };

  constructor(backend: AuthBackend) {
    this.#backend = backend;
    for (const record of backend.recordsIn("auth")) this.#restore(record[0], record.subarray(1));
  }

  get marks(): AuthMarks {
    return this.#marks;
  }
  get userNames(): string[] {
    return [...this.#users.keys()].sort();
  }
  get roleNames(): string[] {
    return [...this.#roles.keys()].sort();
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  putUser(user: User): void {
    this.#users.set(user.name.toString(), user);
    this.#put(`u/${user.name}`, KIND.user, User.encode(user).finish());
  }

  deleteUser(name: string): void {
    this.#users.delete(name);
    this.#backend.putIn("auth", `u/${name}`, undefined);
  }

  putRole(role: Role): void {
    this.#roles.set(role.name.toString(), role);
    this.#put(`r/${role.name}`, KIND.role, Role.encode(role).finish());
  }

  deleteRole(name: string): void {
    this.#roles.delete(name);
    this.#backend.putIn("auth", `r/${name}`, undefined);
  }

  setMarks(marks: AuthMarks): void {
    this.#marks = marks;
    this.#put("marks", KIND.marks, pack(marks));
  }

  /** Everything the user's roles allow. */
  permissionsOf(user: User): Permission[] {
    return user.roles.flatMap((name) => this.#roles.get(name)?.keyPermission ?? []);
  }

  #put(name: string, kind: number, bytes: Uint8Array): void {
    this.#backend.putIn("auth", name, Buffer.concat([Buffer.from([kind]), bytes]));
  }

  #restore(kind: number | undefined, bytes: Buffer): void {
    if (kind === KIND.marks) {
      this.#marks = unpack(bytes) as AuthMarks;
    } else if (kind === KIND.user) {
      const user = User.decode(bytes);
      this.#users.set(user.name.toString(), user);
    } else {
      const role = Role.decode(bytes);
      this.#roles.set(role.name.toString(), role);
    }
  }
}

export const hasRootRole = (user: User): boolean => user.roles.includes(ROOT);

/** What the root role is said to allow. */
export const ROOT_PERMISSION: Permission = {
  permType: PermissionType.READWRITE,
  key: Buffer.alloc(0),
  rangeEnd: Buffer.from([0]),
};
