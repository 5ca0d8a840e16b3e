import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { comparable } from "./comparable.ts";
import { perform } from "./perform.ts";
import { readScripts, type Script } from "./script.ts";
import { Side } from "./side.ts";

/**
 * Each script, put to members of ours, is answered as it stands in answers/. `DRYDOCK_UPDATE=1` writes the answers anew: then compare with etcd,
 * by main.ts, and look at the difference.
 */

/** What says more about the process than about the store, and what waits long for connections to count as lasting. */
const NOT_ASKED = new Set(["http-metrics", "three"]);
const isUpdating = process.env["DRYDOCK_UPDATE"] === "1";

interface Exchange {
  readonly request: string;
  readonly answer: string;
}

/** Members do not disturb each other: so many conversations go on at the same time, most of them waiting. */
const AT_ONCE = 4;

describe("conversations with the store", function () {
  this.timeout(120_000);
  const scripts = readScripts().filter(({ name }) => !NOT_ASKED.has(name));
  const held = new Map<string, Promise<Exchange[]>>();
  before(() => {
    const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    for (const [index, script] of scripts.entries()) {
      const next = (lanes[index % AT_ONCE] as Promise<unknown>).then(() =>
        converse(script, isUpdating ? [] : knownOf(script)),
      );
      held.set(script.name, next);
      lanes[index % AT_ONCE] = next.catch(() => {});
    }
  });

  for (const script of scripts)
    it(`are answered as before: ${script.name}`, async () => {
      const exchanges = await held.get(script.name);
      if (isUpdating) writeFileSync(fileOf(script), render(exchanges ?? []));
      else assert.deepEqual(exchanges, knownOf(script));
    });
});

function fileOf({ name }: Script): URL {
  return new URL(`answers/${name}.txt`, import.meta.url);
}

function render(exchanges: readonly Exchange[]): string {
  return exchanges.map(({ request, answer }) => `${request}\n  ${answer}\n`).join("");
}

function knownOf(script: Script): Exchange[] {
  return existsSync(fileOf(script)) ? parse(readFileSync(fileOf(script), "utf8")) : [];
}

async function converse({ members, flags, steps }: Script, known: readonly Exchange[]): Promise<Exchange[]> {
  const side = await Side.start("drydock", members, flags);
  const exchanges: Exchange[] = [];
  try {
    for (const step of steps) {
      const request = `${step.line} ${JSON.stringify(step.body ?? "")}`;
      const expected = known[exchanges.length];
      const answer = await perform(side, step, expected && answersIn(expected.answer));
      side.checkAlive();
      if (step.kind !== "sleep") exchanges.push({ request, answer: JSON.stringify(comparable(answer, side.names)) });
    }
  } finally {
    await side.dispose();
  }
  return exchanges;
}

function parse(text: string): Exchange[] {
  const lines = text.trimEnd().split("\n");
  return Array.from({ length: lines.length / 2 }, (_, index) => ({
    request: lines[index * 2] ?? "",
    answer: (lines[index * 2 + 1] ?? "").trim(),
  }));
}

function answersIn(answer: string): number | undefined {
  const { body } = JSON.parse(answer) as { body?: unknown };
  return Array.isArray(body) ? body.length : undefined;
}
