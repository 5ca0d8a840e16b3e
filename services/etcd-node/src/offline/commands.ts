import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { restoreSnapshot } from "../snapshot/restore.ts";
import { OfflineError } from "../snapshot/snapshot-file.ts";
import { readSnapshotStatus } from "../snapshot/snapshot-status.ts";
import { defragmentDataDirectory, hashDataDirectory } from "./data-directory.ts";
import { OUTPUT_FORMS, type OutputForm, renderRow, renderSize } from "./print.ts";

/** Words and flags of one command line, and what it does with them; the text it returns is its output. */
interface Command {
  readonly usage: string;
  readonly flags: ParseArgsOptionsConfig;
  run(args: readonly string[], flags: Flags): Promise<string>;
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;

const WRITE_OUT = { "write-out": { type: "string", short: "w", default: "simple" } } as const;
const DATA_DIR = { "data-dir": { type: "string", default: "" } } as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  "snapshot restore": {
    usage:
      "snapshot restore FILE --data-dir DIR [--name NAME] [--initial-cluster NAME=URL,…] [--initial-cluster-token TOKEN] " +
      "[--initial-advertise-peer-urls URL,…] [--skip-hash-check] [--bump-revision N --mark-compacted]",
    flags: {
      ...DATA_DIR,
      name: { type: "string", default: "default" },
      "initial-cluster": { type: "string", default: "default=http://localhost:2380" },
      "initial-cluster-token": { type: "string", default: "etcd-cluster" },
      "initial-advertise-peer-urls": { type: "string", default: "http://localhost:2380" },
      "skip-hash-check": { type: "boolean", default: false },
      "bump-revision": { type: "string" },
      "mark-compacted": { type: "boolean", default: false },
    },
    run: restore,
  },
  "snapshot status": {
    usage: "snapshot status FILE [-w simple|json|table]",
    flags: WRITE_OUT,
    run: status,
  },
  hashkv: {
    usage: "hashkv --data-dir DIR [--rev REVISION] [-w simple|json|table]",
    flags: { ...DATA_DIR, ...WRITE_OUT, rev: { type: "string", default: "0" } },
    run: hashKv,
  },
  defrag: { usage: "defrag --data-dir DIR", flags: DATA_DIR, run: defragment },
};

/** Runs what the arguments say. Throws OfflineError for what is wrong with them. */
export async function runCommand(argv: readonly string[]): Promise<string> {
  const found = Object.entries(COMMANDS).find(([words]) => `${argv.join(" ")} `.startsWith(`${words} `));
  if (!found || argv.includes("--help")) return renderUsage();
  const [words, command] = found;
  const { values, positionals } = parseOrThrow(argv.slice(words.split(" ").length), command.flags);
  return command.run(positionals, values);
}

function renderUsage(): string {
  return `Usage:\n${Object.values(COMMANDS)
    .map(({ usage }) => `  drydock-etcdutl ${usage}`)
    .join("\n")}`;
}

function parseOrThrow(args: string[], options: ParseArgsOptionsConfig): { values: Flags; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as Flags, positionals };
  } catch (error) {
    throw new OfflineError((error as Error).message);
  }
}

async function restore(args: readonly string[], flags: Flags): Promise<string> {
  const snapshotPath = onlyArgument(args, "snapshot restore");
  const bump = flags["bump-revision"];
  const marks = flags["mark-compacted"] === true;
  if (marks !== (bump !== undefined))
    throw new OfflineError("--bump-revision and --mark-compacted must be given together");
  await restoreSnapshot({
    snapshotPath,
    dataDir: textOf(flags, "data-dir") || `${textOf(flags, "name")}.etcd`,
    name: textOf(flags, "name"),
    initialCluster: textOf(flags, "initial-cluster"),
    initialClusterToken: textOf(flags, "initial-cluster-token"),
    initialAdvertisePeerUrls: textOf(flags, "initial-advertise-peer-urls").split(","),
    skipsHashCheck: flags["skip-hash-check"] === true,
    bumpRevision: bump === undefined ? 0 : numberOf(flags, "bump-revision", 1),
  });
  return "";
}

async function status(args: readonly string[], flags: Flags): Promise<string> {
  const form = formOf(flags);
  const { hash, revision, totalKey, totalSize } = readSnapshotStatus(onlyArgument(args, "snapshot status"));
  return renderRow(
    [
      { title: "hash", text: hash.toString(16), field: "hash", value: hash },
      { title: "revision", text: String(revision), field: "revision", value: revision },
      { title: "total keys", text: String(totalKey), field: "totalKey", value: totalKey },
      { title: "total size", text: renderSize(totalSize), field: "totalSize", value: totalSize },
    ],
    form,
  );
}

async function hashKv(args: readonly string[], flags: Flags): Promise<string> {
  const form = formOf(flags);
  const found = await hashDataDirectory(dataDirOf(args, flags, "hashkv"), numberOf(flags, "rev", 0));
  const row = (title: string, field: keyof typeof found) => ({
    title,
    text: String(found[field]),
    field,
    value: found[field],
  });
  return renderRow(
    [row("hash", "hash"), row("hash revision", "hashRevision"), row("compact revision", "compactRevision")],
    form,
  );
}

async function defragment(args: readonly string[], flags: Flags): Promise<string> {
  const dataDir = dataDirOf(args, flags, "defrag");
  await defragmentDataDirectory(dataDir);
  return `Finished defragmenting etcd data[${dataDir}]`;
}

function onlyArgument(args: readonly string[], command: string): string {
  const [first] = args;
  if (first === undefined || args.length !== 1) throw new OfflineError(`${command} requires exactly one argument`);
  return first;
}

function dataDirOf(args: readonly string[], flags: Flags, command: string): string {
  if (args.length > 0) throw new OfflineError(`${command} takes no arguments`);
  const dataDir = textOf(flags, "data-dir");
  if (dataDir === "") throw new OfflineError(`${command} requires --data-dir`);
  return dataDir;
}

function textOf(flags: Flags, name: string): string {
  return String(flags[name] ?? "");
}

function numberOf(flags: Flags, name: string, least: number): number {
  const value = Number(flags[name]);
  if (!Number.isSafeInteger(value) || value < least)
    throw new OfflineError(`--${name} must be a whole number, at least ${least}`);
  return value;
}

function formOf(flags: Flags): OutputForm {
  const form = OUTPUT_FORMS.find((each) => each === flags["write-out"]);
  if (!form) throw new OfflineError(`--write-out must be one of ${OUTPUT_FORMS.join(", ")}`);
  return form;
}
