import type { Configuration, LogIndex, Message, NodeId, Term } from "@drydock/raft";

/** Raft's own mistake of §5.4.2, made on purpose: a leader tells followers to commit whatever a majority has, of whatever term. */
export class OldTermCommits {
  #term: Term = 0;
  readonly #matches = new Map<NodeId, LogIndex>();

  heard(message: Message): void {
    if (message.type !== "append-response" || message.isRejected || message.term < this.#term) return;
    this.#enter(message.term);
    this.#matches.set(message.from, Math.max(this.#matches.get(message.from) ?? 0, message.index));
  }

  rewrite(message: Message, ownIndex: LogIndex, { voters }: Configuration): Message {
    if (message.type !== "append" && message.type !== "heartbeat") return message;
    this.#enter(message.term);
    const matches = voters.map((id) => (id === message.from ? ownIndex : (this.#matches.get(id) ?? 0)));
    const counted = matches.sort((a, b) => b - a)[voters.length >> 1] ?? 0;
    const known = message.type === "append" ? counted : Math.min(counted, this.#matches.get(message.to) ?? 0);
    return { ...message, commit: Math.max(message.commit, known) };
  }

  #enter(term: Term): void {
    if (term === this.#term) return;
    this.#term = term;
    this.#matches.clear();
  }
}
