import type { NodeInfo } from "./node-info.ts";

/** The cluster as one scheduling cycle sees it. Cycles run one after the other, so the cache itself serves as the snapshot. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
}
