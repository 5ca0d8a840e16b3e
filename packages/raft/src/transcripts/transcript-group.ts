import { createPrng, invariant } from "@drydock/base";
import { leaveJoint } from "../configuration.ts";
import { RaftNode } from "../raft-node.ts";
import type { Configuration, Entry, Message, NodeId, Ready } from "../types.ts";
import { describeConfiguration, describeEntries, describeMessage } from "./describe.ts";

interface Member {
  readonly node: RaftNode;
  isPaused: boolean;
}

const MAX_ROUNDS = 50;

/**
 * A group of members that do only what a transcript says. A round takes one Ready of each member that is not paused, in the order of their
 * names, then delivers what they have sent. Whatever happens is told in `lines`.
 */
export class TranscriptGroup {
  readonly lines: string[] = [];
  readonly #members = new Map<NodeId, Member>();
  readonly #cut = new Set<NodeId>();
  #flights: Message[] = [];

  start(ids: readonly NodeId[], configuration: Configuration, inflight: number): void {
    for (const [index, id] of ids.entries()) {
      const node = new RaftNode({
        id,
        electionTicks: 3,
        heartbeatTicks: 1,
        maxBytesPerMessage: 1024,
        maxInflightMessages: inflight,
        prng: createPrng(index + 1),
        restored: {
          hardState: { term: 1, vote: "", commit: 1 },
          snapshot: { index: 1, term: 1, configuration },
          entries: [],
          applied: 1,
          configuration,
        },
      });
      this.#members.set(id, { node, isPaused: false });
    }
  }

  node(id: NodeId): RaftNode {
    return this.#member(id).node;
  }

  /** What is sent to or by a member that is cut off is lost. */
  cut(id: NodeId): void {
    this.#cut.add(id);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** It does nothing, and what is sent to it waits. */
  pause(id: NodeId, isPaused: boolean): void {
    this.#member(id).isPaused = isPaused;
  }

  /** False when nobody had anything to do. */
  round(): boolean {
    const flights = this.#flights.filter(({ to }) => !this.#members.get(to)?.isPaused);
    this.#flights = this.#flights.filter((message) => !flights.includes(message));
    for (const message of flights) this.#deliver(message);
    let isBusy = flights.length > 0;
    for (const [id, { node, isPaused }] of this.#members) {
      if (isPaused || !node.hasReady()) continue;
      this.#process(id, node, node.ready());
      isBusy = true;
    }
    return isBusy;
  }

  /** Until nobody has anything to do, nor a leader a commit to tell of. */
  settle(): void {
    const tellsCommits = () => {
      for (const { node, isPaused } of this.#members.values()) if (!isPaused) node.tellCommit(node.committed);
      return this.round();
    };
    for (let rounds = 0; this.round() || tellsCommits(); rounds++)
      invariant(rounds < MAX_ROUNDS, "the group comes to rest");
  }

  status(): void {
    for (const [id, { node }] of this.#members) {
      const { role, term, leader } = node.softState;
      const place = `last ${node.lastIndex}, committed ${node.committed}, applied ${node.applied}`;
      this.lines.push(`${id}: ${role} in term ${term}, leader ${leader || "nobody"}; ${place}`);
    }
  }

  #member(id: NodeId): Member {
    const member = this.#members.get(id);
    invariant(member !== undefined, `${id} is a member`);
    return member;
  }

  #deliver(message: Message): void {
    const isLost = this.#cut.has(message.from) || this.#cut.has(message.to);
    if (isLost) this.lines.push(`lost: ${describeMessage(message)}`);
    else this.node(message.to).step(message);
  }

  #process(id: NodeId, node: RaftNode, ready: Ready): void {
    this.#send(ready.messagesBeforeSave);
    if (ready.snapshot) this.#install(id, node, ready.snapshot.configuration, ready.snapshot.index);
    if (ready.entries.length > 0) this.lines.push(`${id} saves ${describeEntries(ready.entries)}`);
    this.#send(ready.messages);
    for (const entry of ready.committed) this.#apply(id, node, entry);
    for (const { context, index } of ready.readStates) this.lines.push(`${id} may serve read ${context} at ${index}`);
    node.advance();
    for (const message of ready.messagesBeforeSave)
      if (message.type === "snapshot") node.reportSnapshot(message.to, !this.#cut.has(message.to));
    for (const message of ready.messages)
      if (message.type === "snapshot") node.reportSnapshot(message.to, !this.#cut.has(message.to));
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) this.lines.push(describeMessage(message));
    this.#flights.push(...messages);
  }

  #install(id: NodeId, node: RaftNode, configuration: Configuration, index: number): void {
    this.lines.push(`${id} installs the state at ${index}`);
    node.applyConfiguration(configuration);
  }

  #apply(id: NodeId, node: RaftNode, entry: Entry): void {
    this.lines.push(`${id} applies ${describeEntries([entry])}`);
    if (entry.type !== "configuration") return;
    const text = new TextDecoder().decode(entry.data);
    const next: Configuration = text ? JSON.parse(text) : leaveJoint(node.configuration);
    this.lines.push(`${id} counts ${describeConfiguration(next)}`);
    node.applyConfiguration(next);
  }
}
