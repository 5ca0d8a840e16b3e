import type { Plane } from "../plane.ts";

/** What one row measures on one API server, once. */
export interface Measurement {
  readonly value: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Of the API server alone, for one call. */
  readonly cpuMicros?: number;
  /** Ends that were no success, and how often. */
  readonly errors?: Readonly<Record<string, number>>;
}

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better: the ratio is then ours to the anchor's, otherwise the anchor's to ours. */
  readonly isMoreBetter: boolean;
  /** How often more than one round is not worth the time. */
  readonly rounds?: number;
  measure(plane: Plane): Promise<Measurement>;
}

export const DURATION_MS = Number(process.env["BENCH_SECONDS"] ?? 3) * 1000;
export const WARM_UP_MS = 1000;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
