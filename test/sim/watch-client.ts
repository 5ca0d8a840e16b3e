import type { WatchHistory, WatchResponse } from "@drydock/checker";
import type { Watcher } from "@drydock/mvcc";
import type { Client, Cluster } from "./clients.ts";
import type { Process } from "./process.ts";
import { type State, toChangeEvent } from "./state.ts";

interface Connection {
  readonly process: Process;
  readonly state: State;
  readonly watcher: Watcher;
  /** Answers come in order: none before this step. */
  lastDueStep: number;
  isOver: boolean;
}

/** Watches a range through whatever happens: goes on at another member behind the last event it saw. */
export class WatchClient implements Client {
  readonly #cluster: Cluster;
  readonly #name: string;
  readonly #range: { key: string; end?: string };
  #responses: WatchResponse[] = [];
  #next = 0;
  #connection: Connection | undefined;
  readonly #dropsEvents: boolean;

  constructor(cluster: Cluster, name: string, range: { key: string; end?: string }, dropsEvents: boolean) {
    this.#cluster = cluster;
    this.#name = name;
    this.#range = range;
    this.#dropsEvents = dropsEvents;
  }

  step(): void {
    const { prng } = this.#cluster;
    if (this.#connection && this.#isBroken(this.#connection)) this.#disconnect();
    if (this.#connection && prng.next() < 0.002) this.#disconnect();
    if (!this.#connection && prng.next() < 0.2) this.#connect();
    if (this.#connection && prng.next() < 0.01) this.#askProgress(this.#connection);
  }

  /** The last promise: everything up to now has been delivered. */
  stop(): void {
    if (this.#connection?.watcher.isSynced) this.#askProgress(this.#connection);
  }

  #isBroken({ process, state }: Connection): boolean {
    return process.state !== state || !this.#cluster.isAlive(process);
  }

  #disconnect(): void {
    const connection = this.#connection as Connection;
    connection.isOver = true;
    connection.state.watchers.remove(connection.watcher);
    this.#connection = undefined;
  }

  #connect(): void {
    const { process } = this.#cluster.anyMember();
    if (!process) return;
    const { state } = process;
    if (this.#next === 0) this.#begin(state.store.revision + 1);
    const connection: Connection = {
      process,
      state,
      lastDueStep: 0,
      isOver: false,
      watcher: state.watchers.add({
        range: this.#range,
        startRevision: this.#next,
        wantsPrevious: false,
        deliver: (events, revision) =>
          this.#take(connection, { revision, events: events.map(toChangeEvent), isProgress: false }),
        compacted: (compactRevision) => this.#startOver(connection, compactRevision),
      }),
    };
    this.#connection = connection;
  }

  /** What was missed is gone: the watch ends here and another begins. */
  #startOver(connection: Connection, compactRevision: number): void {
    connection.isOver = true;
    this.#connection = undefined;
    this.#begin(compactRevision);
  }

  #begin(startRevision: number): void {
    this.#next = startRevision;
    this.#responses = [];
    const { recorder } = this.#cluster;
    const watch: WatchHistory = {
      name: `${this.#name}.${recorder.watches.length}`,
      ...this.#range,
      startRevision,
      responses: this.#responses,
    };
    recorder.watches.push(watch);
  }

  /** False now and then: the stream is full. */
  #take(connection: Connection, response: WatchResponse): boolean {
    const { prng } = this.#cluster;
    if (prng.next() < 0.05) return false;
    if (this.#dropsEvents && prng.next() < 0.01) return true;
    this.#carry(connection, response);
    return true;
  }

  #askProgress(connection: Connection): void {
    const { state, watcher } = connection;
    if (watcher.isSynced) this.#carry(connection, { revision: state.store.revision, events: [], isProgress: true });
  }

  #carry(connection: Connection, response: WatchResponse): void {
    const { agenda, prng } = this.#cluster;
    connection.lastDueStep = Math.max(connection.lastDueStep, agenda.step + 1 + prng.integer(4));
    agenda.after(connection.lastDueStep - agenda.step, () => {
      if (connection.isOver) return;
      this.#responses.push(response);
      this.#next = Math.max(this.#next, response.revision + 1);
    });
  }
}
