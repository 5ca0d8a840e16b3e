import type { LockServer } from "@drydock/proto/etcd/api/v3lockpb/lock";
import { status } from "@grpc/grpc-js";
import type { RpcContext } from "./context.ts";
import { RpcError } from "./errors.ts";
import { callerOf, callUnary, type LocalCaller } from "./local-call.ts";
import { Contest, deleteOp, foundIn, getOp, putOp, type RecipeServices, rangeRequest, recipe } from "./recipes.ts";

const NOTHING = Buffer.alloc(0);

/** Lock: whoever's key is the oldest below the name has it, until the key is deleted or its lease ends. */
export function createLockService(context: RpcContext, services: RecipeServices): LockServer {
  return {
    lock: recipe(context, async (request, call) => {
      const caller = callerOf(call);
      const contest = new Contest(services, caller, request.name);
      const lease = await contest.session(request.lease);
      const key = contest.keyOf(lease);
      const entered = await contest.ifCreated(key, 0, [putOp(key, NOTHING, lease)], [getOp(key)]);
      const createRevision = entered.succeeded ? entered.header?.revision : foundIn(entered)?.createRevision;
      try {
        await contest.waitForTurn(createRevision ?? 0);
      } catch (error) {
        await withdraw(services, caller, key);
        throw error;
      }
      const { kvs, header } = await callUnary(services.kv.range, rangeRequest({ key }), caller);
      if (kvs.length === 0) throw new RpcError(status.UNKNOWN, "mutex: session is expired");
      return { header, key };
    }),
    unlock: recipe(context, async ({ key }, call) => {
      const request = { key, rangeEnd: NOTHING, prevKv: false };
      const { header } = await callUnary(services.kv.deleteRange, request, callerOf(call));
      return { header };
    }),
  };
}

/** Takes the key out of the line although its caller has gone away, or the next would wait for nobody. */
async function withdraw(services: RecipeServices, caller: LocalCaller, key: Buffer): Promise<void> {
  const own = { ...caller, signal: new AbortController().signal };
  const request = { compare: [], success: [deleteOp(key)], failure: [] };
  await callUnary(services.kv.txn, request, own).catch(() => {});
}
