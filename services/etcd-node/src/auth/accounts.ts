import {
  type Permission,
  Permission_Type as PermissionType,
  type Role,
  type User,
} from "@drydock/proto/etcd/api/authpb/auth";
import { marksRecord, readAccountRecord, roleRecord, userRecord } from "./account-records.ts";

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

/** Users, roles and the switch, in memory and in the backend alike. Knows no rules. */
export class Accounts {
  readonly #backend: AuthBackend;
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Role>();
  #marks: AuthMarks = { isEnabled: false, revision: 1 };

  constructor(backend: AuthBackend) {
    this.#backend = backend;
    for (const record of backend.recordsIn("auth")) this.#restore(record);
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
    this.#backend.putIn("auth", `u/${user.name}`, userRecord(user));
  }

  deleteUser(name: string): void {
    this.#users.delete(name);
    this.#backend.putIn("auth", `u/${name}`, undefined);
  }

  putRole(role: Role): void {
    this.#roles.set(role.name.toString(), role);
    this.#backend.putIn("auth", `r/${role.name}`, roleRecord(role));
  }

  deleteRole(name: string): void {
    this.#roles.delete(name);
    this.#backend.putIn("auth", `r/${name}`, undefined);
  }

  setMarks(marks: AuthMarks): void {
    this.#marks = marks;
    this.#backend.putIn("auth", "marks", marksRecord(marks));
  }

  /** Everything the user's roles allow. */
  permissionsOf(user: User): Permission[] {
    return user.roles.flatMap((name) => this.#roles.get(name)?.keyPermission ?? []);
  }

  #restore(bytes: Buffer): void {
    const record = readAccountRecord(bytes);
    if (record.kind === "marks") this.#marks = record.marks;
    else if (record.kind === "user") this.#users.set(record.name.toString(), record.user);
    else this.#roles.set(record.name.toString(), record.role);
  }
}

export const hasRootRole = (user: User): boolean => user.roles.includes(ROOT);

/** What the root role is said to allow. */
export const ROOT_PERMISSION: Permission = {
  permType: PermissionType.READWRITE,
  key: Buffer.alloc(0),
  rangeEnd: Buffer.from([0]),
};
