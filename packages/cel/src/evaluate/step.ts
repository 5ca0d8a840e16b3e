import type { Value } from "../values/value.ts";
import type { Meter } from "./meter.ts";

export type Bindings = Readonly<Record<string, Value>>;

/** Variables of comprehensions and binds, innermost first. */
export interface Local {
  readonly name: string;
  readonly value: Value;
  readonly outer: Local | undefined;
}

export interface Frame {
  readonly bindings: Bindings;
  readonly meter: Meter;
  readonly local: Local | undefined;
}

/** A planned expression. Throws EvaluationError, BudgetExceeded or PendingDecision. */
export type Step = (frame: Frame) => Value;

export function withLocal(frame: Frame, name: string, value: Value): Frame {
  return { ...frame, local: { name, value, outer: frame.local } };
}
