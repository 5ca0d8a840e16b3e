import type { Message, Term } from "@drydock/raft";

/** Messages of other members, until raft takes them. */
export class Inbox {
  #messages: Message[] = [];

  add(messages: readonly Message[]): void {
    this.#messages.push(...messages);
  }

  takeAll(): Message[] {
    const all = this.#messages;
    this.#messages = [];
    return all;
  }

  /** Only those that tell a leader of this term what others have on their disks: they move the commit and nothing else. */
  takeAcknowledgements(term: Term): Message[] {
    const isTaken = (message: Message) => message.type === "append-response" && message.term === term;
    const { taken = [], left = [] } = Object.groupBy(this.#messages, (each) => (isTaken(each) ? "taken" : "left"));
    this.#messages = left;
    return taken;
  }
}
