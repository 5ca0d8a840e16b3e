import { invariant } from "@drydock/base";
import type { Operation, Violation } from "./history.ts";
import { LinearizedSet } from "./linearized-set.ts";
import type { Model } from "./model.ts";
import { createTimeline, lift, type TimelineEntry, unlift } from "./timeline.ts";

export type LinearizabilityVerdict =
  | { readonly kind: "linearizable"; readonly steps: number }
  | { readonly kind: "violation"; readonly violation: Violation; readonly steps: number }
  /** The budget ran out before the search ended. */
  | { readonly kind: "unknown"; readonly steps: number };

/** Asked now and then; true ends the search with the verdict "unknown". */
export type Budget = () => boolean;

const STEPS_BETWEEN_BUDGET_CHECKS = 512;

/**
 * Is there one order of all operations, each between its call and its return, in which the model gives every answer that was given? The
 * search of Wing and Gong with Lowe's memory of configurations already tried: take the first call that fits, go on behind it; at a return
 * that does not fit, go back to the last choice.
 */
export function checkLinearizable<State, Request, Response>(
  model: Model<State, Request, Response>,
  operations: readonly Operation<Request, Response>[],
  isOver: Budget = () => false,
): LinearizabilityVerdict {
  return new Search(model, operations, isOver).run();
}

/** Each part by itself; a history is linearizable when those of all its objects are. */
export function checkParts<State, Request, Response>(
  model: Model<State, Request, Response>,
  parts: Iterable<readonly Operation<Request, Response>[]>,
  isOver: Budget = () => false,
): LinearizabilityVerdict {
  let steps = 0;
  let isUnknown = false;
  for (const part of parts) {
    const verdict = checkLinearizable(model, part, isOver);
    steps += verdict.steps;
    if (verdict.kind === "violation") return { ...verdict, steps };
    isUnknown ||= verdict.kind === "unknown";
  }
  return { kind: isUnknown ? "unknown" : "linearizable", steps };
}

interface Choice<State> {
  readonly call: TimelineEntry;
  readonly before: State;
}

class Search<State, Request, Response> {
  readonly #model: Model<State, Request, Response>;
  readonly #operations: readonly Operation<Request, Response>[];
  readonly #isOver: Budget;
  readonly #head: TimelineEntry;
  readonly #done: LinearizedSet;
  readonly #tried = new Set<string>();
  readonly #choices: Choice<State>[] = [];
  #state: State;
  #steps = 0;
  #deepest: { count: number; state: State; index: number } | undefined;

  constructor(
    model: Model<State, Request, Response>,
    operations: readonly Operation<Request, Response>[],
    isOver: Budget,
  ) {
    this.#model = model;
    this.#operations = operations;
    this.#isOver = isOver;
    this.#head = createTimeline(operations);
    this.#done = new LinearizedSet(operations);
    this.#state = model.initial();
  }

  run(): LinearizabilityVerdict {
    let entry = this.#head.next;
    while (!this.#done.isComplete) {
      if (++this.#steps % STEPS_BETWEEN_BUDGET_CHECKS === 0 && this.#isOver())
        return { kind: "unknown", steps: this.#steps };
      if (entry?.isCall) {
        entry = this.#take(entry) ? this.#head.next : entry.next;
        continue;
      }
      if (entry) this.#noteDeadEnd(entry.index);
      const last = this.#choices.pop();
      if (!last) return this.#violation();
      this.#undo(last);
      entry = last.call.next;
    }
    return { kind: "linearizable", steps: this.#steps };
  }

  #take(call: TimelineEntry): boolean {
    const operation = this.#operation(call.index);
    const next = this.#model.step(this.#state, operation);
    if (next === undefined) return false;
    // One of unknown outcome that would change nothing need not have happened.
    if (next === this.#state && operation.outcome.kind === "unknown") return false;
    this.#done.add(call.index);
    const configuration = `${this.#done.key()}|${this.#model.key(next)}`;
    if (this.#tried.has(configuration)) {
      this.#done.remove(call.index);
      return false;
    }
    this.#tried.add(configuration);
    this.#choices.push({ call, before: this.#state });
    this.#state = next;
    lift(call);
    return true;
  }

  #undo({ call, before }: Choice<State>): void {
    this.#done.remove(call.index);
    this.#state = before;
    unlift(call);
  }

  #noteDeadEnd(index: number): void {
    if (this.#deepest && this.#deepest.count >= this.#done.count) return;
    this.#deepest = { count: this.#done.count, state: this.#state, index };
  }

  /** The operation at which the longest order found so far cannot go on. */
  #violation(): LinearizabilityVerdict {
    invariant(this.#deepest !== undefined, "a search fails at some return");
    const { state, index, count } = this.#deepest;
    const operation = this.#operation(index);
    const message = `after ${count} operations in order: ${this.#model.explain(state, operation)}`;
    const violation = { check: "linearizable", offender: operation.id, message };
    return { kind: "violation", violation, steps: this.#steps };
  }

  #operation(index: number): Operation<Request, Response> {
    return this.#operations[index] as Operation<Request, Response>;
  }
}
