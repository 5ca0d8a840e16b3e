import type { Entry, RaftNode, Ready } from "@drydock/raft";
import type { LmdbBackend } from "../backend/lmdb-backend.ts";
import { recordsOf } from "../wal/record.ts";
import type { Wal } from "../wal/wal.ts";
import type { Inbox } from "./inbox.ts";
import type { Wakeup } from "./wakeup.ts";

export interface SaveBesideOptions {
  readonly raft: RaftNode;
  readonly wal: Wal;
  readonly inbox: Inbox;
  readonly wakeup: Wakeup;
  apply(entries: readonly Entry[]): void;
}

/**
 * A leader's way to save: another thread writes, and meanwhile what was committed before (`early`) is applied, and whoever waits for it answered. What is being
 * written is applied and answered too as soon as enough others have it on their disks: a leader whose disk is the slowest does not hold its clients up. A
 * follower does not do so: its leader waits for the write, and nobody for its state. Rejects when the log cannot be written.
 */
export async function saveBesideApplying(
  ready: Ready,
  early: readonly Entry[],
  backend: LmdbBackend,
  { raft, wal, inbox, wakeup, apply }: SaveBesideOptions,
): Promise<void> {
  let isSaved = false;
  const saving = wal.save(recordsOf(ready), "beside").finally(() => {
    isSaved = true;
    wakeup.signal();
  });
  // Should applying fail, this is not what the process ends by.
  saving.catch(() => {});
  apply(early);
  // What a member that starts again has in its database must be in its log.
  backend.holdUntil(saving);
  while (!isSaved && early.length === ready.committed.length) {
    await wakeup.wait();
    for (const message of inbox.takeAcknowledgements(raft.softState.term)) raft.step(message);
    apply(raft.committedMeanwhile());
  }
  await saving;
}
