import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "../types.ts";
import { TranscriptGroup } from "./transcript-group.ts";

/**
 * Each file is a story: lines that begin with `>` are commands, lines with `#` are for the reader, and behind a command stands what the group
 * did. `DRYDOCK_UPDATE=1` writes down what it does now.
 */
const directory = import.meta.dirname;
const octets = (text: string) => new TextEncoder().encode(text);

function parseConfiguration(words: readonly string[]): Configuration {
  const lists: Record<string, string[]> = { voters: [], outgoing: [], learners: [] };
  let current = lists["voters"] as string[];
  for (const word of words) {
    const list = lists[word];
    if (list) current = list;
    else current.push(word);
  }
  return lists as unknown as Configuration;
}

type Command = (group: TranscriptGroup, words: readonly string[]) => unknown;
const COMMANDS: Readonly<Record<string, Command>> = {
  start(group, [inflight, ...words]) {
    const configuration = parseConfiguration(words);
    group.start([...configuration.voters, ...configuration.learners], configuration, Number(inflight));
  },
  tick(group, [id = "", times = "1"]) {
    for (let count = 0; count < Number(times); count++) group.node(id).tick();
  },
  campaign: (group, [id = ""]) => group.node(id).campaign(),
  propose: (group, [id = "", ...data]) => group.node(id).propose(data.map(octets)),
  change: (group, [id = "", ...words]) =>
    group.node(id).proposeConfiguration(octets(JSON.stringify(parseConfiguration(words)))),
  read: (group, [id = "", context]) => group.node(id).readIndex(Number(context)),
  transfer: (group, [id = "", target = ""]) => group.node(id).transferLeadership(target),
  tell: (group, [id = ""]) => group.node(id).tellCommit(group.node(id).committed),
  compact: (group, [id = "", index]) => group.node(id).compact(Number(index)),
  unreachable: (group, [id = "", other = ""]) => group.node(id).reportUnreachable(other),
  suspect: (group, [id = "", other = ""]) => group.node(id).suspectLeader(other),
  cut: (group, [id = ""]) => group.cut(id),
  heal: (group) => group.heal(),
  pause: (group, [id = ""]) => group.pause(id, true),
  resume: (group, [id = ""]) => group.pause(id, false),
  round: (group) => void group.round(),
  settle: (group) => group.settle(),
  status: (group) => group.status(),
};

function play(text: string): string {
  const group = new TranscriptGroup();
  const told: string[] = [];
  for (const line of text.split("\n").filter((each) => /^([>#]|$)/.test(each))) {
    told.push(line);
    if (!line.startsWith(">")) continue;
    const [name = "", ...words] = line.slice(1).trim().split(" ");
    const command = COMMANDS[name];
    assert.ok(command, `no command ${name}`);
    const verdict = command(group, words);
    if (verdict !== undefined) told.push(String(verdict));
    told.push(...group.lines.splice(0));
  }
  return told.join("\n");
}

describe("raft, told in transcripts", () => {
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".txt")))
    it(file.replace(/\.txt$/, ""), () => {
      const path = join(directory, file);
      const expected = readFileSync(path, "utf8");
      const told = play(expected);
      if (process.env["DRYDOCK_UPDATE"]) writeFileSync(path, told);
      else assert.equal(told, expected);
    });
});
