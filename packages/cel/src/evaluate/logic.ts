import { EvaluationError, type Value } from "../values/value.ts";
import type { Frame, Step } from "./step.ts";

/**
 * `&&` (decided by false) and `||` (decided by true). Either side may decide alone, whatever the other is: an error, or no truth value,
 * counts only when neither does.
 */
export function planLogical([left, right]: readonly [Step, Step], decisive: boolean): Step {
  return (frame) => {
    const first = attempt(left, frame);
    if (first === decisive) return decisive;
    const second = attempt(right, frame);
    if (second === decisive) return decisive;
    for (const result of [first, second]) if (result instanceof EvaluationError) throw result;
    return !decisive;
  };
}

/** A truth value or the error it would be. */
export function attempt(step: Step, frame: Frame): boolean | EvaluationError {
  try {
    return asTruth(step(frame));
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
}

function asTruth(value: Value): boolean | EvaluationError {
  return typeof value === "boolean" ? value : new EvaluationError("no such overload");
}

export function planConditional([condition, yes, no]: readonly [Step, Step, Step]): Step {
  return (frame) => {
    frame.meter.spend(1);
    const truth = condition(frame);
    if (typeof truth !== "boolean") throw new EvaluationError("no such overload");
    return truth ? yes(frame) : no(frame);
  };
}
