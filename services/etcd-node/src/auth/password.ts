import { status } from "@grpc/grpc-js";
import { hash, verify } from "@node-rs/bcrypt";
import { RpcError } from "../rpc/errors.ts";
import { Turns } from "./turns.ts";

/** bcrypt looks at no more of a password; upstream refuses what would be cut. */
const PASSWORD_BYTES_MAX = 72;
/** Of the four threads that Node has for such work; a leader's log is written by one of them, and must not wait for passwords. */
const turns = new Turns(2);

/** As etcd keeps it, so that users and their passwords travel with snapshots: bcrypt, as text. Made off the event loop. Rejects with RpcError. */
export async function hashPassword(password: string, cost: number): Promise<string> {
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX)
    throw new RpcError(status.UNKNOWN, `bcrypt: password length exceeds ${PASSWORD_BYTES_MAX} bytes`);
  return turns.run(() => hash(password, { cost, version: "2a" }));
}

/** False, too, for what is no hash: that of a user without a password. */
export async function verifyPassword(password: string, hashed: string): Promise<boolean> {
  return turns.run(() => verify(password, hashed)).catch(() => false);
}
