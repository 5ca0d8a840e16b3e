import { Role, User } from "@drydock/proto/etcd/api/authpb/auth";
import { pack, unpack } from "msgpackr";
import type { AuthMarks } from "./accounts.ts";

/** Of the first byte of a record. */
const KIND = { user: 1, role: 2, marks: 3 } as const;

/** A record of users and roles: etcd's own message behind a byte that says what it is. */
export type AccountRecord =
  | { readonly kind: "user"; readonly name: Buffer; readonly bytes: Buffer; readonly user: User }
  | { readonly kind: "role"; readonly name: Buffer; readonly bytes: Buffer; readonly role: Role }
  | { readonly kind: "marks"; readonly marks: AuthMarks };

export function readAccountRecord(record: Buffer): AccountRecord {
  const bytes = record.subarray(1);
  if (record[0] === KIND.marks) return { kind: "marks", marks: unpack(bytes) as AuthMarks };
  if (record[0] === KIND.user) {
    const user = User.decode(bytes);
    return { kind: "user", name: user.name, bytes, user };
  }
  const role = Role.decode(bytes);
  return { kind: "role", name: role.name, bytes, role };
}

export function userRecord(user: User): Buffer {
  return recordOf(KIND.user, User.encode(user).finish());
}

export function roleRecord(role: Role): Buffer {
  return recordOf(KIND.role, Role.encode(role).finish());
}

export function marksRecord(marks: AuthMarks): Buffer {
  return recordOf(KIND.marks, pack(marks));
}

function recordOf(kind: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([kind]), bytes]);
}
