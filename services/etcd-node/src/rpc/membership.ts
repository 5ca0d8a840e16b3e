import type { ClusterDescription, Command, PeerClient } from "@drydock/proto/drydock/raft/v1/raft";
import type { ClusterServer, Member, MemberListResponse } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { NONE } from "@drydock/raft";
import { Metadata } from "@grpc/grpc-js";
import { newMemberId } from "../cluster/identity.ts";
import type { MemberRecord } from "../cluster/members.ts";
import { type MembershipView, planAddition, planPromotion, planRemoval } from "../cluster/plan-change.ts";
import { header, type RpcContext, unary } from "./context.ts";
import { errors, RpcError } from "./errors.ts";

type Change = NonNullable<Command["request"]>;

const FORWARD_TIMEOUT_MS = 10_000;
/** etcd's answers about members tell no revision. */
const NO_REVISION = 0;
/** A leader this young does not know yet who answers it. */
const SETTLE_MS = 2_000;

/** Cluster: who belongs to it, and how that changes. The leader alone changes it; other members ask it to. */
export class MembershipRpc {
  readonly #context: RpcContext;
  readonly #peer: (id: string) => PeerClient | undefined;
  /** How many of these members this one is connected with. */
  readonly #connected: (ids: readonly string[]) => number;
  readonly #isStrict: boolean;
  readonly #learnersMax: number;

  constructor(
    context: RpcContext,
    peer: (id: string) => PeerClient | undefined,
    connected: (ids: readonly string[]) => number,
    { isStrict, learnersMax }: { readonly isStrict: boolean; readonly learnersMax: number },
  ) {
    this.#context = context;
    this.#peer = peer;
    this.#connected = connected;
    this.#isStrict = isStrict;
    this.#learnersMax = learnersMax;
  }

  service(): ClusterServer {
    const context = this.#context;
    const { identity } = context;
    return {
      memberList: unary(context, async (request, call) => {
        await context.access.user(call);
        if (request.linearizable) await context.driver.linearize();
        return this.#list();
      }),
      memberAdd: unary(context, async ({ peerURLs, isLearner }, call) => {
        await context.access.admin(call);
        if (peerURLs.length === 0 || !peerURLs.every(isPeerUrl)) throw errors.memberBadUrls();
        const id = newMemberId(peerURLs, identity.clusterId, Date.now());
        const list = await this.#change({ $case: "memberAdd", value: { id, peerUrls: peerURLs, isLearner } });
        return { ...list, member: list.members.find(({ ID }) => ID === id) };
      }),
      memberRemove: unary(context, async ({ ID }, call) => {
        await context.access.admin(call);
        return this.#change({ $case: "memberRemove", value: { id: ID } });
      }),
      memberPromote: unary(context, async ({ ID }, call) => {
        await context.access.admin(call);
        return this.#change({ $case: "memberPromote", value: { id: ID } });
      }),
      memberUpdate: unary(context, async ({ ID, peerURLs }, call) => {
        await context.access.admin(call);
        context.driver.state.machine.members.expect(ID);
        if (peerURLs.length === 0 || !peerURLs.every(isPeerUrl)) throw errors.memberBadUrls();
        const value = { id: ID, peerUrls: peerURLs, isLearner: false };
        await context.driver.propose({ $case: "memberUpdate", value });
        return this.#list();
      }),
    };
  }

  describe(): ClusterDescription {
    return { clusterId: this.#context.identity.clusterId, members: this.#list().members };
  }

  /** On the leader: checks what only it can tell, then goes through the log. */
  async changeHere({ request }: Pick<Command, "request">): Promise<MemberListResponse> {
    const { driver } = this.#context;
    if (!driver.isLeader) throw errors.notLeader();
    await driver.linearize();
    const verdict = request && plan(request, this.#view());
    if (verdict) throw verdict;
    if (request?.$case === "memberAdd") driver.state.machine.members.checkAdd(request.value, this.#learnersMax);
    await driver.proposeMembership(request as Change);
    return this.#list();
  }

  async #change(request: Change): Promise<MemberListResponse> {
    const { driver } = this.#context;
    if (driver.isLeader) return this.changeHere({ request });
    const { leader } = driver.soft;
    const peer = leader === NONE ? undefined : this.#peer(leader);
    if (!peer) throw errors.noLeader();
    const list = await forward(peer, request);
    return { ...list, header: header(this.#context, NO_REVISION) };
  }

  #view(): MembershipView {
    const { driver, clock, identity } = this.#context;
    const members = driver.state.machine.members.all;
    const isSettled = clock.monotonicMs() - driver.leaderSinceMs >= SETTLE_MS;
    return {
      members,
      self: identity.memberId,
      isStrict: this.#isStrict,
      isConnected: (id) => !isSettled || this.#connected([id]) > 0,
      isCaughtUp: (id) => driver.hasCaughtUp(id),
    };
  }

  #list(): MemberListResponse {
    return {
      header: header(this.#context, NO_REVISION),
      members: this.#context.driver.state.machine.members.all.map(toMessage),
    };
  }
}

function plan(request: Change, view: MembershipView): RpcError | undefined {
  if (request.$case === "memberAdd") return planAddition(view, request.value);
  if (request.$case === "memberRemove") return planRemoval(view, request.value.id);
  if (request.$case === "memberPromote") return planPromotion(view, request.value.id);
  return undefined;
}

function toMessage({ id, name, peerUrls, clientUrls, isLearner }: MemberRecord): Member {
  return { ID: id, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls], isLearner };
}

function isPeerUrl(text: string): boolean {
  return /^(https?|unixs?):\/\/[^/\s]+:\d+$/.test(text);
}

function forward(peer: PeerClient, request: Change): Promise<MemberListResponse> {
  const command: Command = { proposer: "", id: 0, request, requester: undefined };
  return new Promise((resolve, reject) => {
    peer.changeMembership(command, new Metadata(), { deadline: Date.now() + FORWARD_TIMEOUT_MS }, (error, response) =>
      error ? reject(new RpcError(error.code, error.details)) : resolve(response),
    );
  });
}
