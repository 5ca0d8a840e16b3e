import { status } from "@grpc/grpc-js";
import { hash, verify } from "@node-rs/bcrypt";
import { RpcError } from "../rpc/errors.ts";

/** bcrypt looks at no more of a password; upstream refuses what would be cut. */
const PASSWORD_BYTES_MAX = 72;

/** As etcd keeps it, so that users and their passwords travel with snapshots: bcrypt, as text. Made off the event loop. Rejects with RpcError. */
export async function hashPassword(password: string, cost: number): Promise<string> {
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX)
    throw new RpcError(status.UNKNOWN, `bcrypt: password length exceeds ${PASSWORD_BYTES_MAX} bytes`);
  return hash(password, { cost, version: "2a" });
}

/** False, too, for what is no hash: that of a user without a password. */
export async function verifyPassword(password: string, hashed: string): Promise<boolean> {
  return verify(password, hashed).catch(() => false);
}
