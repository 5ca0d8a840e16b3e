import { NONE } from "@drydock/raft";
import type { MemberRecord } from "../cluster/members.ts";
import { SERVER_VERSION } from "../cluster/versions.ts";
import { header, type RpcContext } from "../rpc/context.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import type { V2Members } from "./v2-members.ts";

const MEMBERS = "/v2/members";
const CHANGES = ["POST", "PUT", "DELETE"];
const hex = (id: string): string => BigInt(id).toString(16);

/** What the second API tells of the cluster: members, machines, statistics. */
export class V2Cluster {
  readonly #context: RpcContext;
  readonly #startedAt: string;

  readonly #members: V2Members;

  constructor(context: RpcContext, members: V2Members) {
    this.#context = context;
    this.#members = members;
    this.#startedAt = new Date(context.clock.nowMs()).toISOString();
  }

  /** False when there is nothing at this path. */
  async serve(path: string, request: HttpRequest, response: HttpResponse): Promise<boolean> {
    if (CHANGES.includes(request.method) && path.startsWith(MEMBERS)) {
      this.#answer(response, await this.#change(path.slice(MEMBERS.length).replaceAll("/", ""), request));
      return true;
    }
    const page = this.#page(path.replace(/\/$/, ""));
    if (!page) return false;
    if (request.method === "GET" || request.method === "HEAD") this.#answer(response, page);
    else this.#answer(response, { status: 405, body: "Method Not Allowed\n", type: "text/plain; charset=utf-8" });
    return true;
  }

  async #change(id: string, request: HttpRequest): Promise<Page> {
    const { status, added, message } = await this.#members.change(id, request);
    if (message !== undefined) return json({ message }, status);
    if (!added) return { status, type: "application/json", body: "" };
    const { ID, name, peerURLs, clientURLs } = added;
    return json(toView({ id: ID, name, peerUrls: peerURLs, clientUrls: clientURLs }), status);
  }

  #page(path: string): Page | undefined {
    const { driver } = this.#context;
    const members = driver.state.machine.members.all;
    switch (path) {
      case "/v2/machines":
        return {
          status: 200,
          type: "text/plain; charset=utf-8",
          body: members.flatMap(({ clientUrls }) => clientUrls).join(", "),
        };
      case "/v2/members":
        return json({ members: members.map(toView) });
      case "/v2/members/leader": {
        const leader = members.find(({ id }) => id === driver.soft.leader);
        return leader ? json(toView(leader)) : json({ message: "During election" }, 503);
      }
      case "/v2/stats/self":
        return json(this.#self());
      case "/v2/stats/leader":
        if (!driver.isLeader) return json({ message: "not current leader" }, 403);
        return json({ leader: hex(this.#context.identity.memberId), followers: {} });
      case "/v2/stats/store":
        return json(this.#store());
      default:
        return undefined;
    }
  }

  #self() {
    const { driver, identity } = this.#context;
    const self = driver.state.machine.members.get(identity.memberId);
    return {
      name: self?.name ?? "",
      id: hex(identity.memberId),
      state: driver.isLeader ? "StateLeader" : "StateFollower",
      startTime: this.#startedAt,
      leaderInfo: { leader: driver.soft.leader === NONE ? "" : hex(driver.soft.leader) },
      recvAppendRequestCnt: 0,
      sendAppendRequestCnt: 0,
      version: SERVER_VERSION,
    };
  }

  #store() {
    const { v2 } = this.#context.driver.state.machine;
    return { ...v2.counts.view(), watchers: v2.watcherCount };
  }

  #answer(response: HttpResponse, { status, type, body }: Page): void {
    response.begin(status, {
      "Content-Type": type,
      ...(status === 204 ? {} : { "Content-Length": Buffer.byteLength(body) }),
      "X-Etcd-Cluster-Id": hex(header(this.#context).clusterId),
    });
    response.end(body);
  }
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function json(value: object, status = 200): Page {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

function toView({ id, name, peerUrls, clientUrls }: Omit<MemberRecord, "isLearner">) {
  return { id: hex(id), name, peerURLs: peerUrls, clientURLs: clientUrls };
}
