import type { Operation } from "./history.ts";

/**
 * The object as it would behave if it did one thing after the other. States are values: `step` makes a new one or gives the old one back
 * when nothing changed.
 */
export interface Model<State, Request, Response> {
  initial(): State;
  /** The state after the operation, or undefined when it cannot have happened in this state. An unknown outcome constrains nothing but itself. */
  step(state: State, operation: Operation<Request, Response>): State | undefined;
  /** Equal for states that no later operation can tell apart. */
  key(state: State): string;
  /** What the object would have answered in this state, for the report. */
  explain(state: State, operation: Operation<Request, Response>): string;
}
