import { setTimeout as pause } from "node:timers/promises";
import type { Members } from "./members.ts";

const QUIET_MS = 10_000;

/** What members hold in the course of a run: at once, and when they have been left alone for a while. */
export class MemoryNotes {
  readonly #clusters: readonly Members[];
  readonly #lines: string[] = [];

  constructor(clusters: readonly Members[]) {
    this.#clusters = clusters;
  }

  take(when: string): void {
    const cells = this.#clusters.map((members) => members.memoryMiB().map(Math.round).join("/"));
    this.#lines.push(`| ${[when, ...cells].join(" | ")} |`);
  }

  async takeQuiet(when = `${QUIET_MS / 1000} s later`): Promise<void> {
    await pause(QUIET_MS);
    this.take(when);
  }

  print(): void {
    console.log(
      `\n| resident memory of each member, MiB | ${this.#clusters.map(({ system }) => system).join(" | ")} |`,
    );
    console.log(`|---|${this.#clusters.map(() => "---|").join("")}`);
    for (const line of this.#lines) console.log(line);
  }
}
