import { type Event, Event_EventType as EventType } from "@drydock/proto/etcd/api/mvccpb/kv";
import type {
  ElectionServer,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
} from "@drydock/proto/etcd/api/v3electionpb/election";
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import { header, type RpcContext } from "./context.ts";
import { RpcError, toServiceError } from "./errors.ts";
import { callerOf, type LocalCaller } from "./local-call.ts";
import { Contest, deleteOp, foundIn, getOp, putOp, type RecipeServices, recipe, withoutCode } from "./recipes.ts";

/** Election: the oldest key below the name leads, its value is what it proclaims, and it ends with its lease. */
export function createElectionService(context: RpcContext, services: RecipeServices): ElectionServer {
  return {
    campaign: recipe(context, async ({ name, lease: given, value }, call) => {
      const caller = callerOf(call);
      const contest = new Contest(services, caller, name);
      const lease = await contest.session(given);
      const key = contest.keyOf(lease);
      const entered = await contest.ifCreated(key, 0, [putOp(key, value, lease)], [getOp(key)]);
      const own = entered.succeeded ? undefined : foundIn(entered);
      const rev = own?.createRevision ?? entered.header?.revision ?? 0;
      const leader = { name, key, rev, lease };
      try {
        // It stood already: what it proclaims may be new.
        if (own && !own.value.equals(value)) await proclaim(contest, leader, value);
        await contest.waitForTurn(rev);
      } catch (error) {
        await withdraw(services, caller, leader);
        throw error;
      }
      return { header: entered.header, leader };
    }),
    proclaim: recipe(context, async ({ leader, value }, call) => {
      const known = required(leader);
      return { header: await proclaim(new Contest(services, callerOf(call), known.name), known, value) };
    }),
    leader: recipe(context, async ({ name }, call) => {
      const { kvs, header } = await new Contest(services, callerOf(call), name).first();
      if (!kvs[0]) throw new RpcError(status.UNKNOWN, "election: no leader");
      return { header, kv: kvs[0] };
    }),
    observe: (call) => {
      observe(call, context, services).then(
        () => call.end(),
        (error: unknown) => {
          if (!call.cancelled) call.emit("error", toServiceError(withoutCode(error)));
        },
      );
    },
    resign: recipe(context, async ({ leader }, call) => {
      const { name, key, rev } = required(leader);
      const { header } = await new Contest(services, callerOf(call), name).ifCreated(key, rev, [deleteOp(key)]);
      return { header };
    }),
  };
}

function required(leader: LeaderKey | undefined): LeaderKey {
  if (!leader) throw new RpcError(status.UNKNOWN, '"leader" field must be provided');
  return leader;
}

async function proclaim(contest: Contest, { key, rev, lease }: LeaderKey, value: Buffer) {
  const { succeeded, header } = await contest.ifCreated(key, rev, [putOp(key, value, lease)]);
  if (!succeeded) throw new RpcError(status.UNKNOWN, "election: not leader");
  return header;
}

/** Leaves the election although its caller has gone away. */
async function withdraw(services: RecipeServices, caller: LocalCaller, { name, key, rev }: LeaderKey): Promise<void> {
  const own = { ...caller, signal: new AbortController().signal };
  await new Contest(services, own, name).ifCreated(key, rev, [deleteOp(key)]).catch(() => {});
}

/** Every leader and every value it proclaims, from the present one on. */
async function observe(
  call: ServerWritableStream<LeaderRequest, LeaderResponse>,
  context: RpcContext,
  services: RecipeServices,
): Promise<void> {
  const contest = new Contest(services, callerOf(call), call.request.name);
  const tell = (kv: Event["kv"]) => call.write({ header: header(context), kv });
  while (!call.cancelled) {
    const { kvs, header: found } = await contest.first();
    const first = kvs[0] ?? (await nextCandidate(contest, (found?.revision ?? 0) + 1));
    if (!first) return;
    tell(first);
    const startRevision = Math.max(found?.revision ?? 0, first.modRevision) + 1;
    const watch = { key: first.key, rangeEnd: Buffer.alloc(0), startRevision, filters: [] };
    for await (const event of contest.events(watch)) {
      if (event.type === EventType.DELETE) break;
      tell(event.kv);
    }
  }
}

async function nextCandidate(contest: Contest, startRevision: number): Promise<Event["kv"]> {
  return (await contest.nextEvent(contest.prefix, startRevision, EventType.PUT, contest.end)).kv;
}
