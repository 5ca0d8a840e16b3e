import { type ClusterServer, ClusterService, type MemberAddResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { status } from "@grpc/grpc-js";
import { RpcError } from "../rpc/errors.ts";
import { callUnary } from "../rpc/local-call.ts";
import type { ClientService } from "../rpc/services.ts";
import { callerOf } from "./caller-of.ts";
import type { HttpRequest } from "./exchange.ts";
import { readBody } from "./read-body.ts";

export interface MemberChange {
  readonly status: number;
  /** The member that was added. */
  readonly added?: MemberAddResponse["member"];
  readonly message?: string;
}

const STATUS_BY_CODE: Readonly<Record<number, number>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.NOT_FOUND]: 404,
  [status.FAILED_PRECONDITION]: 409,
};

/** How the second API adds (POST), moves (PUT) and removes (DELETE) members: the third API's methods under other names. */
export class V2Members {
  readonly #cluster: ClusterServer;

  constructor(services: readonly ClientService[]) {
    const service = services.find(({ definition }) => definition["memberAdd"]?.path === ClusterService.memberAdd.path);
    this.#cluster = service?.implementation as ClusterServer;
  }

  /** `id` in hexadecimal; empty to add. */
  async change(id: string, request: HttpRequest): Promise<MemberChange> {
    try {
      return await this.#change(id, request);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { status: STATUS_BY_CODE[error.code] ?? 500, message: error.message };
    }
  }

  async #change(id: string, request: HttpRequest): Promise<MemberChange> {
    const caller = callerOf(request);
    if (request.method === "POST" && id === "") {
      const peerURLs = parsePeerUrls(await readBody(request));
      const { member } = await callUnary(this.#cluster.memberAdd, { peerURLs, isLearner: false }, caller);
      return { status: 201, added: member };
    }
    if (!/^[0-9a-f]{1,16}$/.test(id)) return { status: 404, message: `No such member: ${id}` };
    const ID = BigInt(`0x${id}`).toString();
    if (request.method === "PUT")
      await callUnary(this.#cluster.memberUpdate, { ID, peerURLs: parsePeerUrls(await readBody(request)) }, caller);
    else await callUnary(this.#cluster.memberRemove, { ID }, caller);
    return { status: 204 };
  }
}

function parsePeerUrls(text: string): string[] {
  try {
    const { peerURLs } = JSON.parse(text) as { peerURLs?: unknown };
    if (Array.isArray(peerURLs) && peerURLs.every((url) => typeof url === "string")) return peerURLs;
  } catch {
    // Told like any other body that makes no sense.
  }
  throw new RpcError(status.INVALID_ARGUMENT, "the body names no peerURLs");
}
