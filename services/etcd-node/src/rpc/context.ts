import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { ResponseHeader } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE } from "@drydock/raft";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { Outcome } from "../apply/state-machine.ts";
import type { Access, Caller } from "../auth/access.ts";
import type { Identity } from "../cluster/identity.ts";
import type { Driver } from "../driver/driver.ts";
import { errors, toServiceError } from "./errors.ts";

/** What every service of the client API works with. */
export interface RpcContext {
  readonly driver: Driver;
  readonly identity: Identity;
  readonly access: Access;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The version this server speaks as. */
export const SERVER_VERSION = "3.6.0";

/** `revision`: that of the answer; the present one unless something may have been applied since. */
export function header(context: RpcContext, revision = context.driver.state.machine.store.revision): ResponseHeader {
  const { driver, identity } = context;
  return {
    clusterId: identity.clusterId,
    memberId: identity.memberId,
    revision,
    raftTerm: driver.soft.term,
  };
}

/** A learner gives no promises: it answers only what is asked of itself. Throws RpcError. */
export function refuseOnLearner({ driver, identity }: RpcContext): void {
  if (driver.state.machine.members.get(identity.memberId)?.isLearner) throw errors.notSupportedForLearner();
}

/** A unary method from a function that answers or throws. Where a client asks for it (`hasleader`), a member without a leader says so at once. */
export function unary<Request, Response>(
  { driver }: RpcContext,
  handle: (request: Request, call: ServerUnaryCall<Request, Response>) => Promise<Response>,
) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    if (wantsLeader(call) && driver.soft.leader === NONE) {
      callback(toServiceError(errors.noLeader()));
      return;
    }
    handle(call.request, call).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toServiceError(error)),
    );
  };
}

/**
 * A unary method that is a command: `begin` proposes it, `answer` makes the response of what it came to. For what is called most: a function that
 * waits costs three promises more.
 */
export function command<Request, Response>(
  { driver }: RpcContext,
  begin: (request: Request, call: ServerUnaryCall<Request, Response>) => Promise<Outcome>,
  answer: (outcome: Outcome) => Response,
) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    const fail = (error: unknown) => callback(toServiceError(error));
    const settle = (outcome: Outcome) => {
      let response: Response;
      try {
        response = answer(outcome);
      } catch (error) {
        return fail(error);
      }
      callback(null, response);
    };
    if (wantsLeader(call) && driver.soft.leader === NONE) return fail(errors.noLeader());
    try {
      begin(call.request, call).then(settle, fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** Asked of every call: our own transport tells it without making metadata of the headers. */
function wantsLeader(call: Caller & { header?(name: string): string | undefined }): boolean {
  return (call.header ? call.header("hasleader") : call.metadata.get("hasleader")[0]) === "true";
}
