import type { LeaseId, Lessor } from "@drydock/mvcc";
import type { Command, Requester } from "@drydock/proto/drydock/raft/v1/raft";
import type { DeleteRangeRequest, PutRequest, RequestOp, TxnRequest } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { toKeyRange } from "../apply/requests.ts";
import type { AuthStore } from "./auth-store.ts";

type Request = Command["request"];

/**
 * Whether the requester may do what the command says; throws RpcError when not. Asked twice: by the member that proposes, so that
 * the log is spared, and by every member when it applies, because users and roles may have changed in between.
 */
export function authorize(auth: AuthStore, lessor: Lessor, requester: Requester | undefined, request: Request): void {
  if (!auth.isEnabled) return;
  switch (request?.$case) {
    case "put":
      return authorizePut(auth, lessor, requester, request.value);
    case "deleteRange":
      return authorizeDelete(auth, requester, request.value);
    case "txn":
      return authorizeTxn(auth, lessor, requester, request.value);
    case "leaseRevoke":
      return authorizeLease(auth, lessor, requester, request.value.ID);
    case "auth":
      // Whoever asks for a token has shown the password instead.
      if (request.value.request?.$case !== "assignToken") auth.checkAdmin(requester);
  }
}

function authorizePut(auth: AuthStore, lessor: Lessor, requester: Requester | undefined, put: PutRequest): void {
  auth.checkKeys(requester, toKeyRange(put.key, NO_END), "write");
  // Whoever may not end the lease may not tie more keys to it.
  authorizeLease(auth, lessor, requester, put.lease);
  if (put.prevKv) auth.checkKeys(requester, toKeyRange(put.key, NO_END), "read");
}

function authorizeDelete(auth: AuthStore, requester: Requester | undefined, request: DeleteRangeRequest): void {
  const range = toKeyRange(request.key, request.rangeEnd);
  auth.checkKeys(requester, range, "write");
  if (request.prevKv) auth.checkKeys(requester, range, "read");
}

/** Of both branches, whichever will run. */
function authorizeTxn(auth: AuthStore, lessor: Lessor, requester: Requester | undefined, txn: TxnRequest): void {
  for (const { key, rangeEnd } of txn.compare) auth.checkKeys(requester, toKeyRange(key, rangeEnd), "read");
  for (const op of [...txn.success, ...txn.failure]) authorizeOp(auth, lessor, requester, op);
}

function authorizeOp(
  auth: AuthStore,
  lessor: Lessor,
  requester: Requester | undefined,
  { request: op }: RequestOp,
): void {
  switch (op?.$case) {
    case "requestRange":
      return auth.checkKeys(requester, toKeyRange(op.value.key, op.value.rangeEnd), "read");
    case "requestPut":
      return authorizePut(auth, lessor, requester, op.value);
    case "requestDeleteRange":
      return authorizeDelete(auth, requester, op.value);
    case "requestTxn":
      return authorizeTxn(auth, lessor, requester, op.value);
  }
}

function authorizeLease(auth: AuthStore, lessor: Lessor, requester: Requester | undefined, id: LeaseId): void {
  const lease = lessor.get(id);
  if (!lease || auth.isAdmin(requester)) return;
  for (const key of lease.keys) auth.checkKeys(requester, { key }, "write");
}

const NO_END = Buffer.alloc(0);
