import { type FieldError, FieldPath, fieldErrors } from "@drydock/apimachinery";
import { findings, nonNegative } from "../meta/rules.ts";

const STATUS = FieldPath.of("status");

type Counts = Readonly<Record<string, unknown>>;

/** A count of a status: a number, and none of the parts more than the whole. */
export function validateReplicaStatus(
  status: object | undefined,
  parts: readonly string[],
  whole = "replicas",
): FieldError[] {
  const counts = (status ?? {}) as Counts;
  const count = (field: string) => Number(counts[field] ?? 0);
  return findings(
    [whole, ...parts, "observedGeneration", "collisionCount"].map((field) =>
      nonNegative(counts[field] === undefined ? undefined : count(field), STATUS.child(field)),
    ),
    parts.map(
      (field) =>
        count(field) > count(whole) &&
        fieldErrors.invalid(STATUS.child(field), count(field), `cannot be greater than status.${whole}`),
    ),
    parts.includes("availableReplicas") &&
      parts.includes("readyReplicas") &&
      count("availableReplicas") > count("readyReplicas") &&
      fieldErrors.invalid(
        STATUS.child("availableReplicas"),
        count("availableReplicas"),
        "cannot be greater than readyReplicas",
      ),
  );
}
