import type { LogIndex } from "./types.ts";

/**
 * What a leader knows of one member's log.
 * `probe`: where the logs agree is not known; one append a heartbeat until it is.
 * `replicate`: appends are streamed ahead of their acknowledgements, up to a window.
 * `snapshot`: the entries it needs are gone; nothing is sent until the state has arrived.
 */
export class Progress {
  state: "probe" | "replicate" | "snapshot" = "probe";
  /** The last index known to be the same as the leader's. */
  match: LogIndex = 0;
  /** The next index to send. */
  next: LogIndex;
  /** Index of the snapshot under way. */
  pendingSnapshot: LogIndex = 0;
  /** Heard from since check-quorum last looked. */
  isRecentlyActive = false;
  /** The commit index that the last append to it carried. */
  toldCommit: LogIndex = 0;
  /** The last entry that it proposed itself: whoever asked there waits for it to hear of the commit. */
  awaited: LogIndex = 0;
  /** A probe is under way. */
  isProbeSent = false;
  /** Last index of each append under way, oldest first. */
  #inflight: LogIndex[] = [];
  readonly #maxInflight: number;

  constructor(next: LogIndex, maxInflight: number) {
    this.next = next;
    this.#maxInflight = maxInflight;
  }

  get isPaused(): boolean {
    if (this.state === "probe") return this.isProbeSent;
    if (this.state === "replicate") return this.#inflight.length >= this.#maxInflight;
    return true;
  }

  becomeProbe(): void {
    // After a snapshot, go on behind it: it may have arrived although the answer was lost.
    this.next = this.state === "snapshot" ? Math.max(this.match + 1, this.pendingSnapshot + 1) : this.match + 1;
    this.#reset("probe");
  }

  becomeReplicate(): void {
    this.next = this.match + 1;
    this.#reset("replicate");
  }

  becomeSnapshot(index: LogIndex): void {
    this.#reset("snapshot");
    this.pendingSnapshot = index;
  }

  /** An append up to `lastIndex` was sent. */
  sent(lastIndex: LogIndex, count: number): void {
    if (this.state === "probe") {
      this.isProbeSent = true;
    } else if (this.state === "replicate" && count > 0) {
      this.next = lastIndex + 1;
      this.#inflight.push(lastIndex);
    }
  }

  /** The member's log matches up to `index`; false for old news. */
  acknowledged(index: LogIndex): boolean {
    const isNews = index > this.match;
    if (isNews) {
      this.match = index;
      this.isProbeSent = false;
    }
    this.next = Math.max(this.next, index + 1);
    while (this.#inflight.length > 0 && (this.#inflight[0] as LogIndex) <= index) this.#inflight.shift();
    return isNews;
  }

  /** The member refused an append behind `rejected`; false when the refusal is out of date. */
  rejected(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.isProbeSent = false;
    return true;
  }

  /** A full window must not stall for ever when its acknowledgements were lost. */
  freeOneInflight(): void {
    this.isProbeSent = false;
    if (this.#inflight.length >= this.#maxInflight) this.#inflight.shift();
  }

  #reset(state: Progress["state"]): void {
    this.state = state;
    this.isProbeSent = false;
    this.pendingSnapshot = 0;
    this.#inflight = [];
  }
}
