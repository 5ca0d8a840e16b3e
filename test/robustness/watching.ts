import {
  type ChangeEvent,
  type LeaseEvent,
  RevisionHistory,
  type Violation,
  type WatchResponse,
} from "@drydock/checker";
import { type EtcdClient, type EtcdWatch, isDelete } from "@drydock/etcd-client";
import { toRecord } from "./kv-session.ts";
import type { Recorder } from "./recorder.ts";

const PROGRESS_MS = 300;

/** One watch of everything, from the first revision on, at one member; it resumes by itself. */
export class Watching {
  readonly name: string;
  readonly responses: WatchResponse[] = [];
  readonly #recorder: Recorder;
  readonly #watch: EtcdWatch;
  readonly #progress: NodeJS.Timeout;
  readonly #done: Promise<void>;
  #lastRevision = 0;

  constructor(name: string, client: EtcdClient, recorder: Recorder) {
    this.name = name;
    this.#recorder = recorder;
    this.#watch = client.watch({ key: "", prefix: true, startRevision: 1 });
    recorder.watches.push({ name, key: "", end: "\0", startRevision: 1, responses: this.responses });
    this.#progress = setInterval(() => this.#watch.requestProgress(), PROGRESS_MS);
    this.#done = this.#follow();
  }

  get lastRevision(): number {
    return this.#lastRevision;
  }

  async stop(): Promise<void> {
    clearInterval(this.#progress);
    this.#watch.cancel();
    await this.#done;
  }

  async #follow(): Promise<void> {
    for await (const { revision, events, isProgress } of this.#watch) {
      const changes = events.map(
        (event): ChangeEvent => ({
          type: isDelete(event) ? "delete" : "put",
          record: toRecord(event.kv as NonNullable<typeof event.kv>),
        }),
      );
      this.responses.push({ revision, events: changes, isProgress });
      this.#lastRevision = Math.max(this.#lastRevision, revision);
      for (const { type, record } of changes) if (type === "delete") this.#noteEnd(record.key, record.modRevision);
      for (const { type, record } of changes)
        if (type === "put" && isLeased(record.key)) this.#leaseOf.set(record.key, record.value);
    }
  }

  readonly #leaseOf = new Map<string, string>();

  /** The key of a lease went: the lease has ended, or somebody deleted the key. */
  #noteEnd(key: string, _revision: number): void {
    const lease = this.#leaseOf.get(key);
    if (lease === undefined || !key.startsWith("lease/")) return;
    this.#leaseOf.delete(key);
    const event: LeaseEvent = { kind: "gone", id: this.#recorder.id(), lease, seenMs: this.#recorder.nowMs() };
    this.#recorder.leaseEvents.push(event);
  }
}

/** Keys that end with their leases. */
export function isLeased(key: string): boolean {
  return key.startsWith("lease/") || key.startsWith("lock/");
}

/** Puts together what all watches saw; a violation when two of them saw different things of one revision. */
export function mergeWatches(watches: readonly Watching[]): { history: RevisionHistory; violation?: Violation } {
  const history = new RevisionHistory();
  for (const { name, responses } of watches) {
    for (const [revision, events] of byRevision(responses)) {
      if (history.add(revision, events)) continue;
      const message = `${name} saw other changes of revision ${revision} than the watches before it`;
      return { history, violation: { check: "watch-same", message, offender: name } };
    }
  }
  return { history };
}

function byRevision(responses: readonly WatchResponse[]): Map<number, ChangeEvent[]> {
  const found = new Map<number, ChangeEvent[]>();
  for (const event of responses.flatMap(({ events }) => events)) {
    const list = found.get(event.record.modRevision) ?? [];
    list.push(event);
    found.set(event.record.modRevision, list);
  }
  return found;
}
