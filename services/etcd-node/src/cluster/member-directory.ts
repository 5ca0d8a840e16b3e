import type { MemberRecord } from "../backend/lmdb-backend.ts";

interface MemberBackend {
  putMember(member: MemberRecord): void;
  members(): Iterable<MemberRecord>;
}

/** Where clients reach each member, by what the members have published through the log: the same everywhere. */
export class MemberDirectory {
  readonly #backend: MemberBackend;
  readonly #byId: Map<string, MemberRecord>;

  constructor(backend: MemberBackend) {
    this.#backend = backend;
    this.#byId = new Map([...backend.members()].map((member) => [member.id, member]));
  }

  /** Empty while the member has not published: it was never started. */
  clientUrlsOf(id: string): readonly string[] {
    return this.#byId.get(id)?.clientUrls ?? [];
  }

  publish(member: MemberRecord): void {
    const record = { id: member.id, clientUrls: [...member.clientUrls] };
    this.#byId.set(member.id, record);
    this.#backend.putMember(record);
  }
}
