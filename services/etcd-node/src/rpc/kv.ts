import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import type {
  CompactionResponse,
  DeleteRangeResponse,
  KVServer,
  PutResponse,
  RangeResponse,
  TxnResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { checkDeleteRange, checkPut, checkRange, checkTxn, hasPut, toKeyRange } from "../apply/requests.ts";
import type { Outcome } from "../apply/state-machine.ts";
import type { Caller } from "../auth/access.ts";
import type { Waiter } from "../driver/pending-commands.ts";
import { command, header, type RpcContext, refuseOnLearner, unary } from "./context.ts";
import type { RpcError } from "./errors.ts";
import type { Quota } from "./quota.ts";
import { keyLengthOf } from "./wire/encoded-put.ts";

/** KV: range, put, delete-range, txn, compact. */
export function createKvService(context: RpcContext, quota: Quota, maxTxnOps: number): KVServer {
  const { driver } = context;
  const { access } = context;
  const submit = (call: Caller, request: NonNullable<Command["request"]>, waiter: Waiter): void => {
    if (access.isOpen) return driver.submit(request, undefined, waiter);
    access.command(call, request).then(
      (requester) => driver.submit(request, requester, waiter),
      (error: Error) => waiter.failed(error),
    );
  };
  return {
    range: unary(context, async (request, call): Promise<RangeResponse> => {
      refuse(checkRange(request));
      if (!request.serializable) {
        refuseOnLearner(context);
        await driver.linearize();
      }
      if (access.isOpen) return { ...driver.state.machine.range(request), header: header(context) };
      const stillPermitted = await access.read(call, toKeyRange(request.key, request.rangeEnd));
      const result = driver.state.machine.range(request);
      stillPermitted();
      return { ...result, header: header(context) };
    }),
    put: command(
      context,
      (request, call, waiter) => {
        refuseOnLearner(context);
        refuse(checkPut(request));
        quota.check(keyLengthOf(request) + request.value.length);
        submit(call, { $case: "put", value: request }, waiter);
      },
      (outcome): PutResponse => {
        const { response, revision } = expectKind(outcome, "put");
        return { prevKv: response.prevKv, header: header(context, revision) };
      },
    ),
    deleteRange: command(
      context,
      (request, call, waiter) => {
        refuseOnLearner(context);
        refuse(checkDeleteRange(request));
        submit(call, { $case: "deleteRange", value: request }, waiter);
      },
      (outcome): DeleteRangeResponse => {
        const { response, revision } = expectKind(outcome, "delete-range");
        return { ...response, header: header(context, revision) };
      },
    ),
    txn: command(
      context,
      (request, call, waiter) => {
        refuseOnLearner(context);
        refuse(checkTxn(request, maxTxnOps));
        if (hasPut(request)) quota.check(0);
        submit(call, { $case: "txn", value: request }, waiter);
      },
      (outcome): TxnResponse => {
        const { response, revision } = expectKind(outcome, "txn");
        return { ...response, header: header(context, revision) };
      },
    ),
    compact: unary(context, async (request, call): Promise<CompactionResponse> => {
      refuseOnLearner(context);
      await context.access.admin(call);
      await driver.propose({ $case: "compaction", value: request });
      if (request.physical) await driver.forgetting.settled();
      return { header: header(context) };
    }),
  };
}

function refuse(error: RpcError | undefined): void {
  if (error) throw error;
}

function expectKind<K extends Outcome["kind"]>(outcome: Outcome, kind: K): Extract<Outcome, { kind: K }> {
  if (outcome.kind !== kind) throw new Error(`a ${kind} command ended as ${outcome.kind}`);
  return outcome as Extract<Outcome, { kind: K }>;
}
