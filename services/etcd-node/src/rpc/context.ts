import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { ResponseHeader } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE } from "@drydock/raft";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { Outcome } from "../apply/state-machine.ts";
import type { Access, Caller } from "../auth/access.ts";
import type { Identity } from "../cluster/identity.ts";
import type { VersionMonitor } from "../cluster/version-monitor.ts";
import type { Driver } from "../driver/driver.ts";
import type { Waiter } from "../driver/pending-commands.ts";
import { errors, toServiceError } from "./errors.ts";

/** What every service of the client API works with. */
export interface RpcContext {
  readonly driver: Driver;
  readonly identity: Identity;
  readonly access: Access;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly versions: Pick<VersionMonitor, "storage">;
}

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
 * A unary method that is a command: `submit` checks the request and proposes it, or throws; `answer` makes the response of what it came to. For what
 * is called most: promises would cost more than a put.
 */
export function command<Request, Response>(
  { driver }: RpcContext,
  submit: (request: Request, call: ServerUnaryCall<Request, Response>, waiter: Waiter) => void,
  answer: (outcome: Outcome) => Response,
) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    const waiter = new AnswerWaiter(callback, answer);
    try {
      if (wantsLeader(call) && driver.soft.leader === NONE) throw errors.noLeader();
      submit(call.request, call, waiter);
    } catch (error) {
      waiter.failed(error);
    }
  };
}

class AnswerWaiter<Response> implements Waiter {
  readonly #callback: sendUnaryData<Response>;
  readonly #answer: (outcome: Outcome) => Response;

  constructor(callback: sendUnaryData<Response>, answer: (outcome: Outcome) => Response) {
    this.#callback = callback;
    this.#answer = answer;
  }

  settled(outcome: Outcome): void {
    let response: Response;
    try {
      response = this.#answer(outcome);
    } catch (error) {
      return this.failed(error);
    }
    this.#callback(null, response);
  }

  failed(error: unknown): void {
    this.#callback(toServiceError(error));
  }
}

/** Asked of every call: our own transport tells it without making metadata of the headers. */
function wantsLeader(call: Caller & { header?(name: string): string | undefined }): boolean {
  return (call.header ? call.header("hasleader") : call.metadata.get("hasleader")[0]) === "true";
}
