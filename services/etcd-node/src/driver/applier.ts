import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import type { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { changeConfiguration, type Entry, leaveJoint, type NodeId, type RaftNode } from "@drydock/raft";
import { asItCame, decodeCommand, type OwnCommands } from "../apply/command-codec.ts";
import type { Outcome } from "../apply/state-machine.ts";
import { ApplyDurations } from "../metrics/apply-durations.ts";
import type { State } from "./open-state.ts";
import type { PendingCommands } from "./pending-commands.ts";

export interface ApplierOptions {
  readonly id: NodeId;
  /** Marks commands that were proposed here, in this life. */
  readonly proposer: string;
  readonly raft: RaftNode;
  readonly commands: PendingCommands;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longer than this a turn of applying should not take. */
  readonly warningApplyMs: number;
  /** This member applied its own removal. */
  onRemoved(): void;
  /** The members, or what is known of them, changed. */
  onMembership(): void;
}

/** Applies committed entries, in order, to the state and to raft's configuration, and tells those who wait here for the outcome. */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #own: OwnCommands;

  constructor(options: ApplierOptions) {
    const { proposer, commands } = options;
    this.#options = options;
    this.#own = { proposer, find: (id) => asWritten(commands.find(id)) };
  }

  /** Turns in which applying took longer than it should. */
  slowTurns = 0;
  readonly durations = new ApplyDurations();

  apply(entries: readonly Entry[], state: State): void {
    const last = entries.at(-1);
    if (!last) return;
    const startMs = performance.now();
    for (const entry of entries) this.#applyOne(entry, state);
    state.backend.setApplied({ index: last.index, term: last.term, configuration: this.#options.raft.configuration });
    const tookMs = performance.now() - startMs;
    if (tookMs > this.#options.warningApplyMs) this.#noteSlow(tookMs, entries.length);
    this.durations.turned(tookMs);
    this.#options.commands.tellOutcomes();
  }

  /** etcd's words, which people look for. */
  #noteSlow(tookMs: number, entries: number): void {
    this.slowTurns++;
    const { logger, warningApplyMs } = this.#options;
    const took = { took: `${tookMs}ms`, "expected-duration": `${warningApplyMs}ms`, entries };
    logger.warn(took, "apply request took too long");
  }

  #applyOne(entry: Entry, state: State): void {
    const { raft, commands, clock, proposer } = this.#options;
    if (entry.data.length > 0) {
      const command = decodeCommand(entry.data as Buffer, this.#own);
      const outcome = state.machine.apply(command, entry.index, clock.monotonicMs());
      if (command.request) this.durations.applied(command.request, outcome.kind !== "error");
      this.#noteMembership(command, outcome);
      if (command.proposer === proposer) commands.applied(command.id, outcome);
    } else if (entry.type === "configuration") {
      raft.applyConfiguration(leaveJoint(raft.configuration));
    }
    commands.termApplied(entry.term);
  }

  #noteMembership({ request }: Command, outcome: Outcome): void {
    const { raft, id: self, logger, onRemoved, onMembership } = this.#options;
    if (outcome.kind === "membership") {
      const verdict = changeConfiguration(raft.configuration, [outcome.change]);
      // Whoever proposed it made sure that it can be done; every member comes to the same verdict.
      if (verdict.kind === "changed") raft.applyConfiguration(verdict.configuration);
      const { kind, id } = outcome.change;
      logger.info({ change: kind, member: id, verdict: verdict.kind }, "membership changed");
      if (kind === "remove" && id === self) onRemoved();
    }
    if (outcome.kind === "membership" || request?.$case === "memberUpdate" || request?.$case === "publish")
      onMembership();
  }
}

/**
 * Only what came over the wire and goes on as it came: anything else may be read from the log otherwise than it was written, a number without its
 * leading zeros, and all members must apply the same.
 */
function asWritten(command: Command | undefined): Command | undefined {
  return command && !command.requester && asItCame(command.request) ? command : undefined;
}
