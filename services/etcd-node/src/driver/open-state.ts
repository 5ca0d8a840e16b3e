import { rmSync } from "node:fs";
import { join } from "node:path";
import { Lessor, Store, Watchers } from "@drydock/mvcc";
import type { Configuration, Entry, HardState, SnapshotMeta } from "@drydock/raft";
import { StateMachine } from "../apply/state-machine.ts";
import { AuthStore } from "../auth/auth-store.ts";
import { SimpleTokens } from "../auth/simple-tokens.ts";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { MemberDirectory } from "../cluster/member-directory.ts";
import { Wal } from "../wal/wal.ts";

/** The directories of one member, below its data directory; the outer names are etcd's. */
export function memberPaths(dataDir: string) {
  return {
    wal: join(dataDir, "member", "wal"),
    backend: join(dataDir, "member", "snap"),
    incoming: join(dataDir, "member", "snap.incoming"),
  };
}

/** Keys, leases and watchers over one backend; replaced as a whole when a snapshot is installed. */
export interface State {
  readonly backend: LmdbBackend;
  readonly machine: StateMachine;
  readonly watchers: Watchers;
}

export function openState(directory: string, tokenTtlMs: number): State {
  const backend = new LmdbBackend(directory);
  const store = new Store(backend);
  const auth = new AuthStore(backend, new SimpleTokens(tokenTtlMs));
  return {
    backend,
    machine: new StateMachine(store, new Lessor(backend), new MemberDirectory(backend), auth),
    watchers: new Watchers(store),
  };
}

export interface Restored {
  readonly wal: Wal;
  readonly state: State;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly entries: readonly Entry[];
  readonly applied: number;
}

/** Opens what the member left behind, or begins anew. Throws CorruptWalError with segment and offset when the log is damaged. */
export async function openMember(dataDir: string, configuration: Configuration, tokenTtlMs: number): Promise<Restored> {
  const paths = memberPaths(dataDir);
  // Half of a snapshot that was never installed.
  rmSync(paths.incoming, { recursive: true, force: true });
  if (!(await Wal.exists(paths.wal))) {
    // A state without a log was left by a start that died in between.
    rmSync(paths.backend, { recursive: true, force: true });
    const snapshot = { index: 0, term: 0, configuration };
    const wal = await Wal.create({ directory: paths.wal }, snapshot);
    return {
      wal,
      state: openState(paths.backend, tokenTtlMs),
      hardState: { term: 0, vote: "", commit: 0 },
      snapshot,
      entries: [],
      applied: 0,
    };
  }
  const { wal, contents } = await Wal.open({ directory: paths.wal });
  const state = openState(paths.backend, tokenTtlMs);
  const mark = state.backend.applied();
  const lastIndex = contents.entries.at(-1)?.index ?? contents.snapshot.index;
  if (mark && mark.index > lastIndex) {
    // A snapshot was installed, and the process died before the log could say so.
    const hardState = { ...contents.hardState, term: Math.max(contents.hardState.term, mark.term), commit: mark.index };
    await wal.save([
      { kind: "snapshot", snapshot: mark },
      { kind: "hard-state", hardState },
    ]);
    return { wal, state, hardState, snapshot: mark, entries: [], applied: mark.index };
  }
  const applied = mark?.index ?? 0;
  if (applied < contents.snapshot.index) {
    throw new Error(
      `the state ends at entry ${applied}, but the log begins only after ${contents.snapshot.index}: the data directory is incomplete`,
    );
  }
  const hardState = { ...contents.hardState, commit: Math.max(contents.hardState.commit, applied) };
  return { wal, state, hardState, snapshot: contents.snapshot, entries: contents.entries, applied };
}
