import { rmSync } from "node:fs";
import type { LogIndex, SnapshotMeta, SnapshotRequest } from "@drydock/raft";
import { LmdbBackend, replaceDatabase } from "../backend/lmdb-backend.ts";
import type { FailpointHook } from "./failpoints.ts";
import { memberPaths, openState, type State } from "./open-state.ts";

interface Staged {
  readonly message: SnapshotRequest;
  /** True once raft has it, or did not need it. */
  readonly done: (accepted: boolean) => void;
}

/** A peer's whole state on its way in: kept aside until raft says whether it wants it. One at a time. */
export class IncomingSnapshot {
  readonly #dataDir: string;
  readonly #failpoint: FailpointHook;
  #staged: Staged | undefined;

  constructor(dataDir: string, failpoint: FailpointHook) {
    this.#dataDir = dataDir;
    this.#failpoint = failpoint;
  }

  /** Writes the records aside, then hands the message over with `deliver`. False when another one is on its way. */
  async receive(
    message: SnapshotRequest,
    records: AsyncIterable<readonly { key: Buffer; value: Buffer }[]>,
    deliver: (message: SnapshotRequest) => void,
  ): Promise<boolean> {
    if (this.#staged) return false;
    const { incoming } = memberPaths(this.#dataDir);
    const done = Promise.withResolvers<boolean>();
    this.#staged = { message, done: done.resolve };
    try {
      rmSync(incoming, { recursive: true, force: true });
      const staging = new LmdbBackend(incoming);
      try {
        for await (const batch of records) staging.putRecords(batch);
      } finally {
        await staging.close();
      }
      deliver(message);
      return await done.promise;
    } finally {
      this.#staged = undefined;
    }
  }

  isStaged(message: unknown): boolean {
    return this.#staged !== undefined && this.#staged.message === message;
  }

  /** Raft has stepped the message: if it wanted the state, its log now begins behind it. */
  settle(firstIndex: LogIndex): void {
    if (this.#staged && firstIndex !== this.#staged.message.meta.index + 1) this.#staged.done(true);
  }

  /** Puts the state that raft wants in the place of the present one, which is closed. */
  async install(present: State): Promise<{ state: State; meta: SnapshotMeta }> {
    const staged = this.#staged;
    if (!staged) throw new Error("raft wants a snapshot whose state is not here");
    const paths = memberPaths(this.#dataDir);
    this.#failpoint("snapshot-before-install");
    await present.backend.close();
    // In one step: whenever the process ends, there is a whole state, the old one or the new.
    replaceDatabase(paths.incoming, paths.backend);
    const state = openState(paths.backend);
    this.#failpoint("snapshot-after-install");
    staged.done(true);
    return { state, meta: staged.message.meta };
  }
}
