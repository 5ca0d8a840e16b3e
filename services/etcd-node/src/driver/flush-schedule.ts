/** What changes are written to, as far as this is concerned. */
interface Flushable {
  readonly gatheredCount: number;
  flush(): void;
}

/** Between two looks at what has gathered. */
export const FLUSH_LOOK_MS = 250;
/** So many changes are worth a transaction of the database. */
const WORTH_WRITING = 1000;
/** Fewer are written with every so-manieth look: once a second. */
const LOOKS_MAX = 4;

/**
 * When the state goes to the disk: the WAL holds what came since, so it is a matter of memory and of the time that a restart takes. Each transaction syncs
 * the disk, for which whoever writes to the log then waits.
 */
export class FlushSchedule {
  #looks = 0;

  /** To be called every `FLUSH_LOOK_MS`. */
  look(backend: Flushable): void {
    this.#looks++;
    if (backend.gatheredCount < WORTH_WRITING && this.#looks < LOOKS_MAX) return;
    this.#looks = 0;
    backend.flush();
  }
}
