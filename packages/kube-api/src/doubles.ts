import { exactNumber, type Int64 } from "@drydock/apimachinery";

/** A double as it comes back once it was written as JSON: one that is written in digits alone is a whole number then. */
export function doubleOf(value: number): Int64 {
  return Number.isSafeInteger(value) ? value : exactNumber(String(value));
}
