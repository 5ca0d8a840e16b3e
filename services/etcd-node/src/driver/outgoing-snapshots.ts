import type { Logger } from "@drydock/component";
import type { NodeId, RaftNode, SnapshotRequest } from "@drydock/raft";
import type { FailpointHook } from "./failpoints.ts";
import type { State } from "./open-state.ts";

export interface OutgoingSnapshotsOptions {
  readonly raft: RaftNode;
  readonly logger: Logger;
  readonly failpoint: FailpointHook;
  /** Resolves when the peer has the whole state. */
  send(message: SnapshotRequest, records: Iterable<{ key: Buffer; value: Buffer }>): Promise<void>;
  /** Raft was told how it ended. */
  onEnd(): void;
}

/** Sends the state to members whose entries are gone from the log, beside everything else that goes on. */
export class OutgoingSnapshots {
  readonly #options: OutgoingSnapshotsOptions;

  constructor(options: OutgoingSnapshotsOptions) {
    this.#options = options;
  }

  start(request: SnapshotRequest, state: State): void {
    this.#transfer(request, state).then(
      () => this.#ended(request.to, true),
      (error: Error) => {
        this.#options.logger.warn({ to: request.to, err: error.message }, "snapshot not sent");
        this.#ended(request.to, false);
      },
    );
  }

  /** The present state goes, which may be newer than the one raft asked for. */
  async #transfer(request: SnapshotRequest, { backend }: State): Promise<void> {
    const { failpoint, logger, send } = this.#options;
    await backend.sync();
    using pin = backend.pin();
    const { mark } = pin;
    if (!mark) throw new Error("nothing was applied yet");
    failpoint("snapshot-before-send");
    logger.info({ to: request.to, index: mark.index }, "sending a snapshot");
    await send({ ...request, meta: mark }, pin.records());
  }

  #ended(to: NodeId, hasArrived: boolean): void {
    this.#options.raft.reportSnapshot(to, hasArrived);
    this.#options.onEnd();
  }
}
