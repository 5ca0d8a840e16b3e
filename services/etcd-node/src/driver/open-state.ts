import { rmSync } from "node:fs";
import { join } from "node:path";
import { Lessor, Store, Watchers } from "@drydock/mvcc";
import type { Configuration, Entry, HardState, SnapshotMeta } from "@drydock/raft";
import { Alarms } from "../apply/alarms.ts";
import { StateMachine } from "../apply/state-machine.ts";
import { AuthStore } from "../auth/auth-store.ts";
import { SimpleTokens } from "../auth/simple-tokens.ts";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { type Bootstrap, type Identity, initialConfiguration } from "../cluster/identity.ts";
import { Members } from "../cluster/members.ts";
import { Versions } from "../cluster/versions.ts";
import { RevisionHashes } from "../corruption/revision-hashes.ts";
import { V2Store } from "../v2/store.ts";
import { Wal } from "../wal/wal.ts";
import type { WalContents } from "../wal/wal-reader.ts";
import { goOnAlone } from "./go-on-alone.ts";

/** The directories of one member, below its data directory; the outer names are etcd's. */
export interface MemberPaths {
  readonly wal: string;
  readonly backend: string;
  readonly incoming: string;
}

/** `walDir` when the log has a place of its own. */
export function memberPaths(dataDir: string, walDir = ""): MemberPaths {
  return {
    wal: walDir || join(dataDir, "member", "wal"),
    backend: join(dataDir, "member", "snap"),
    incoming: join(dataDir, "member", "snap.incoming"),
  };
}

/** Keys, leases and watchers over one backend; replaced as a whole when a snapshot is installed. */
export interface State {
  readonly backend: LmdbBackend;
  readonly machine: StateMachine;
  readonly watchers: Watchers;
  readonly hashes: RevisionHashes;
}

export function openState(directory: string): State {
  const backend = new LmdbBackend(directory);
  const store = new Store(backend);
  const auth = new AuthStore(backend, new SimpleTokens());
  const hashes = new RevisionHashes(store, backend);
  const machine = new StateMachine({
    store,
    lessor: new Lessor(backend),
    members: new Members(backend),
    alarms: new Alarms(backend),
    auth,
    v2: new V2Store(backend),
    versions: new Versions(backend),
  });
  machine.beforeCompaction = (revision) => hashes.beforeCompaction(revision);
  return { backend, machine, watchers: new Watchers(store), hashes };
}

export interface Restored {
  readonly identity: Identity;
  readonly wal: Wal;
  readonly state: State;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  readonly entries: readonly Entry[];
  readonly applied: number;
  /** In effect at `applied`. */
  readonly configuration: Configuration;
}

/** Opens what the member left behind, or begins as `bootstrap` says. Throws CorruptWalError with segment and offset when the log is damaged. */
export async function openMember(
  dataDir: string,
  bootstrap: () => Promise<Bootstrap>,
  options: { readonly walDir?: string; readonly forcesNewCluster?: boolean } = {},
): Promise<Restored> {
  const paths = memberPaths(dataDir, options.walDir);
  // Half of a snapshot that was never installed.
  rmSync(paths.incoming, { recursive: true, force: true });
  if (!(await Wal.exists(paths.wal))) return begin(paths, await bootstrap());
  const restored = await reopen(paths);
  return options.forcesNewCluster ? goOnAlone(restored) : restored;
}

async function begin(paths: MemberPaths, bootstrap: Bootstrap): Promise<Restored> {
  // A state without a log was left by a start that died in between.
  rmSync(paths.backend, { recursive: true, force: true });
  return foundMember(paths, bootstrap);
}

/**
 * Gives a member its log, over the state that is there already, if any. A new cluster's log begins behind an entry that nobody has: a snapshot
 * that holds its members. Who joins later thereby gets the state, and the membership in it, by a snapshot, and never by the log alone.
 */
export async function foundMember(paths: MemberPaths, bootstrap: Bootstrap): Promise<Restored> {
  const { identity, isJoining, members } = bootstrap;
  const configuration = initialConfiguration(bootstrap);
  const start = isJoining ? 0 : 1;
  const snapshot = { index: start, term: start, configuration };
  const state = openState(paths.backend);
  // One that joins needs to know whom to answer until the state arrives, which replaces this.
  state.machine.members.found(members);
  if (!isJoining) state.backend.setApplied(snapshot);
  await state.backend.sync();
  const wal = await Wal.create({ directory: paths.wal }, snapshot, identity);
  const hardState = { term: start, vote: "", commit: start };
  return { identity, wal, state, hardState, snapshot, entries: [], applied: start, configuration };
}

async function reopen(paths: MemberPaths): Promise<Restored> {
  const { wal, contents } = await Wal.open({ directory: paths.wal });
  const { identity } = contents;
  const state = openState(paths.backend);
  await state.backend.unmap();
  const mark = state.backend.applied();
  if (mark && isForeign(mark, contents)) {
    // A snapshot was installed, and the process died before the log could say so: what the log holds is void.
    const { term, vote } = contents.hardState;
    const hardState = { term: Math.max(term, mark.term), vote: term < mark.term ? "" : vote, commit: mark.index };
    await wal.save([
      { kind: "snapshot", snapshot: mark },
      { kind: "hard-state", hardState },
    ]);
    const { index: applied, configuration } = mark;
    return { identity, wal, state, hardState, snapshot: mark, entries: [], applied, configuration };
  }
  const applied = mark?.index ?? 0;
  if (applied < contents.snapshot.index) {
    throw new Error(
      `the state ends at entry ${applied}, but the log begins only after ${contents.snapshot.index}: the data directory is incomplete`,
    );
  }
  const hardState = { ...contents.hardState, commit: Math.max(contents.hardState.commit, applied) };
  const { snapshot, entries } = contents;
  return {
    identity,
    wal,
    state,
    hardState,
    snapshot,
    entries,
    applied,
    configuration: mark?.configuration ?? snapshot.configuration,
  };
}

/** The state did not come from this log: it is ahead of it, or the entry it ends with is another one there. */
function isForeign({ index, term }: SnapshotMeta, { snapshot, entries }: WalContents): boolean {
  if (index === snapshot.index) return term !== snapshot.term;
  if (index < snapshot.index) return false;
  return entries[index - snapshot.index - 1]?.term !== term;
}
