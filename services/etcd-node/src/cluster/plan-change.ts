import type { NodeId } from "@drydock/raft";
import { errors, type RpcError } from "../rpc/errors.ts";
import type { MemberRecord } from "./members.ts";

/** The membership as its leader sees it. */
export interface MembershipView {
  readonly members: readonly MemberRecord[];
  readonly self: NodeId;
  /** etcd's --strict-reconfig-check. */
  readonly isStrict: boolean;
  isConnected(id: NodeId): boolean;
  /** Its log is as good as the leader's. */
  isCaughtUp(id: NodeId): boolean;
}

/** Why this member may not be added now (etcd's strict reconfiguration check); undefined when it may. */
export function planAddition(
  view: MembershipView,
  { isLearner }: Pick<MemberRecord, "isLearner">,
): RpcError | undefined {
  // A learner has no vote: whatever becomes of it, the others can decide.
  if (isLearner || !view.isStrict) return undefined;
  const voters = votersOf(view);
  const started = voters.filter(isStarted).length;
  // A member that was never started counts as missing; a lone first member may always get company.
  if (!(started === 1 && voters.length === 1) && started < quorum(voters.length + 1))
    return errors.memberNotEnoughStarted();
  const connected = voters.filter((member) => isConnected(view, member)).length;
  return connected < voters.length ? errors.unhealthyCluster() : undefined;
}

export function planRemoval(view: MembershipView, id: NodeId): RpcError | undefined {
  const member = view.members.find((candidate) => candidate.id === id);
  if (!member) return errors.memberNotFound();
  if (member.isLearner || !view.isStrict) return undefined;
  const rest = votersOf(view).filter((voter) => voter !== member);
  if (rest.filter(isStarted).length < quorum(rest.length)) return errors.memberNotEnoughStarted();
  // Removing one that is down makes the cluster healthier.
  if (!isConnected(view, member)) return undefined;
  const connected = rest.filter((voter) => isConnected(view, voter)).length;
  return connected < quorum(rest.length) ? errors.unhealthyCluster() : undefined;
}

export function planPromotion(view: MembershipView, id: NodeId): RpcError | undefined {
  const member = view.members.find((candidate) => candidate.id === id);
  if (!member) return errors.memberNotFound();
  if (!member.isLearner) return errors.memberNotLearner();
  if (!view.isCaughtUp(id)) return errors.learnerNotReady();
  if (!view.isStrict) return undefined;
  const voters = votersOf(view);
  const started = voters.filter(isStarted).length;
  return started < quorum(voters.length) ? errors.memberNotEnoughStarted() : undefined;
}

function votersOf({ members }: MembershipView): MemberRecord[] {
  return members.filter(({ isLearner }) => !isLearner);
}

function isStarted({ name }: MemberRecord): boolean {
  return name !== "";
}

function isConnected({ self, isConnected: isPeerConnected }: MembershipView, { id }: MemberRecord): boolean {
  return id === self || isPeerConnected(id);
}

/** A cluster that would be left without voters needs more than it has. */
function quorum(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
