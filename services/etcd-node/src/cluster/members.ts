import type { ConfigurationChange, NodeId } from "@drydock/raft";
import { errors } from "../rpc/errors.ts";

/** What is known of a member, by the log: the same everywhere. */
export interface MemberRecord {
  readonly id: NodeId;
  /** Empty while the member was never started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** Where clients reach it; empty while it was never started. */
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

interface MemberBackend {
  putMember(member: MemberRecord): void;
  deleteMember(id: NodeId): void;
  members(): Iterable<MemberRecord>;
  putRemovedMember(id: NodeId): void;
  removedMembers(): Iterable<NodeId>;
}

/** Who belongs to the cluster. Changed by commands of the log alone; every method that changes throws RpcError and then changed nothing. */
export class Members {
  readonly #backend: MemberBackend;
  readonly #byId: Map<NodeId, MemberRecord>;
  readonly #removed: Set<NodeId>;

  constructor(backend: MemberBackend) {
    this.#backend = backend;
    this.#byId = new Map([...backend.members()].map((member) => [member.id, member]));
    this.#removed = new Set(backend.removedMembers());
  }

  /** In the order of their ids as numbers, as etcd lists them. */
  get all(): readonly MemberRecord[] {
    return [...this.#byId.values()].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  get(id: NodeId): MemberRecord | undefined {
    return this.#byId.get(id);
  }

  /** Removed members never come back: whoever returns under such an id must not be heard. */
  wasRemoved(id: NodeId): boolean {
    return this.#removed.has(id);
  }

  /** What the members of a new cluster all know without being told. */
  found(members: readonly MemberRecord[]): void {
    for (const member of members) this.#put(member);
  }

  publish({ id, name, clientUrls }: Pick<MemberRecord, "id" | "name" | "clientUrls">): void {
    const known = this.#byId.get(id);
    if (known) this.#put({ ...known, name, clientUrls });
  }

  /** What adding this member does to raft's configuration. */
  add({ id, peerUrls, isLearner }: Pick<MemberRecord, "id" | "peerUrls" | "isLearner">): ConfigurationChange {
    this.checkAdd({ id, peerUrls, isLearner });
    this.#put({ id, name: "", peerUrls, clientUrls: [], isLearner });
    return { kind: isLearner ? "add-learner" : "add-voter", id };
  }

  /** `learnersMax`: for who proposes; what the log says holds, however many there are. */
  checkAdd(
    { id, peerUrls, isLearner }: Pick<MemberRecord, "id" | "peerUrls" | "isLearner">,
    learnersMax = Number.POSITIVE_INFINITY,
  ): void {
    if (this.#byId.has(id) || this.#removed.has(id)) throw errors.memberExists();
    this.#checkUrls(id, peerUrls);
    if (isLearner && this.all.filter((member) => member.isLearner).length >= learnersMax)
      throw errors.tooManyLearners();
  }

  promote(id: NodeId): ConfigurationChange {
    const member = this.expect(id);
    if (!member.isLearner) throw errors.memberNotLearner();
    this.#put({ ...member, isLearner: false });
    return { kind: "add-voter", id };
  }

  remove(id: NodeId): ConfigurationChange {
    this.expect(id);
    this.#byId.delete(id);
    this.#removed.add(id);
    this.#backend.deleteMember(id);
    this.#backend.putRemovedMember(id);
    return { kind: "remove", id };
  }

  update(id: NodeId, peerUrls: readonly string[]): void {
    const member = this.expect(id);
    this.#checkUrls(id, peerUrls);
    this.#put({ ...member, peerUrls });
  }

  expect(id: NodeId): MemberRecord {
    const member = this.#byId.get(id);
    if (!member) throw errors.memberNotFound();
    return member;
  }

  #checkUrls(id: NodeId, peerUrls: readonly string[]): void {
    for (const member of this.#byId.values())
      if (member.id !== id && member.peerUrls.some((url) => peerUrls.includes(url))) throw errors.peerUrlExists();
  }

  #put(member: MemberRecord): void {
    this.#byId.set(member.id, member);
    this.#backend.putMember(member);
  }
}
