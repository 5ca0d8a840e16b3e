/** A broken promise inside Drydock itself: the process should stop rather than go on with wrong state. */
class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Always on. The message names the rule; `details` carries the numbers that broke it. */
export function invariant(condition: unknown, message: string, details?: Record<string, unknown>): asserts condition {
  if (condition) return;
  const suffix = details
    ? ` (${Object.entries(details)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(", ")})`
    : "";
  throw new InvariantError(`invariant broken: ${message}${suffix}`);
}
