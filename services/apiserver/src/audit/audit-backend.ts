/** Where audit events go. */
export interface AuditBackend {
  /** Whether a request whose first event cannot be stored fails. */
  readonly isStrict?: boolean;
  /** Throws or rejects when the event cannot be stored. Whoever is audited waits for what is returned. */
  write(event: object): void | Promise<void>;
  /** Resolves when all is written. */
  stop?(): Promise<void>;
}

/** Takes several events at once; the same rules. */
export type AuditSink = (events: readonly object[]) => void | Promise<void>;
