import type { EventEmitter } from "node:events";

/** Resolves when what was written has gone out, or when nothing more will. */
export function drained(writable: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      writable.off("drain", settle);
      writable.off("close", settle);
      resolve();
    };
    writable.on("drain", settle);
    writable.on("close", settle);
  });
}
