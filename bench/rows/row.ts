/** What one row measures on one system, once. */
export interface Measurement {
  readonly value: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Of the servers that are measured together, for one call. */
  readonly cpuMicros?: number;
  /** Ends that were no success, and how often. */
  readonly errors?: Readonly<Record<string, number>>;
}

export interface Row<Measured> {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better: the ratio is then ours to the anchor's, otherwise the anchor's to ours, so that above 1 we are ahead. */
  readonly isMoreBetter: boolean;
  /** How often more than one round is not worth the time. */
  readonly rounds?: number;
  measure(on: Measured): Promise<Measurement>;
}
