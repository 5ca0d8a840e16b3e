import { DurationHistogram, doublingBounds } from "../metrics/duration-histogram.ts";

/** etcd's for the way to a peer and back: from a tenth of a millisecond on. */
const ROUND_TRIP_BOUNDS = doublingBounds(0.0001, 16);

/** What went between this member and one other, over all their connections. */
export class PeerTraffic {
  sentBytes = 0;
  receivedBytes = 0;
  /** Connections that were lost. */
  disconnects = 0;
  readonly snapshots = { underWay: 0, sent: 0, failed: 0 };
  readonly roundTrips = new DurationHistogram(ROUND_TRIP_BOUNDS);
}
