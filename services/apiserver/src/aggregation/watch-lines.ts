import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Status } from "@drydock/apimachinery";

/** Reads a watch's answer, an event a line, until it ends. A connection that breaks is the end of the watch, not a failure. */
export async function watchLines(
  answer: Readable,
  to: { event(type: string, object: object): void; error(status: Status): void; end(): void },
): Promise<void> {
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === "") continue;
      const { type, object } = JSON.parse(line) as { type: string; object: object };
      if (type === "ERROR") {
        answer.destroy();
        return to.error(object as Status);
      }
      to.event(type, object);
    }
  } catch {
    answer.destroy();
  }
  to.end();
}
