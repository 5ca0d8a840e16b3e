import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 100;

/** Tries `check` until it neither throws nor returns undefined or false; then its result. The error says what was waited for and why it did not come. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  timeoutMs = 40_000,
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  let last: unknown = "no result";
  while (Date.now() < deadlineMs) {
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`waited ${timeoutMs / 1000} s until ${what}: ${String(last)}`, { cause: last });
}
