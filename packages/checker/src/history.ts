/** How an operation ended. */
export type Outcome<Response> =
  | { readonly kind: "returned"; readonly atMs: number; readonly response: Response }
  /**
   * Its fate was not told: it may take effect at any time after its call, or never. `revision` is where it took effect if it did,
   * when a watch has shown that.
   */
  | { readonly kind: "unknown"; readonly revision?: number };

/** What one client asked and what it was told. Operations of a history whose spans overlap are concurrent. */
export interface Operation<Request, Response> {
  /** Unique in the history. */
  readonly id: number;
  readonly client: string;
  readonly request: Request;
  readonly calledMs: number;
  readonly outcome: Outcome<Response>;
}

/** A promise that a history breaks, with the first operation, event or response that breaks it. */
export interface Violation {
  /** The promise: `linearizable`, `watch-ordered`, … */
  readonly check: string;
  readonly message: string;
  /** Id of the offending operation, or the place of the offending response. */
  readonly offender: number | string;
}
