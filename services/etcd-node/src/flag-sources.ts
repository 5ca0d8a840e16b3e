import { parse } from "yaml";

/** Where a process's flags come from. */
export interface FlagSources {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Names of 3.5 for what has a name of its own now. */
const EXPERIMENTAL = new Set([
  "bootstrap-defrag-threshold-megabytes",
  "compaction-batch-limit",
  "compaction-sleep-interval",
  "compact-hash-check-time",
  "corrupt-check-time",
  "downgrade-check-time",
  "initial-corrupt-check",
  "memory-mlock",
  "peer-skip-client-san-verification",
  "snapshot-catchup-entries",
  "warning-apply-duration",
  "warning-unary-request-duration",
  "watch-progress-notify-interval",
]);
/** Names of 3.5 for what is a feature now. */
const FEATURES: Readonly<Record<string, string>> = {
  "compact-hash-check-enabled": "CompactHashCheck",
  "enable-lease-checkpoint": "LeaseCheckpoint",
  "enable-lease-checkpoint-persist": "LeaseCheckpointPersist",
  "stop-grpc-service-on-defrag": "StopGRPCServiceOnDefrag",
  "txn-mode-write-with-shared-buffer": "TxnModeWriteWithSharedBuffer",
};
/** Sections of the file, and what the flags' names begin with that stand in them. */
const SECTIONS: Readonly<Record<string, string>> = {
  "client-transport-security": "",
  "peer-transport-security": "peer-",
};

/**
 * Flags under the names that the server knows. A configuration file, named by a flag or by the environment, stands in the place of both, as with
 * etcd. `known`: the names of all flags; what else a file says is passed over. Throws when there is a file and it makes no sense.
 */
export function flagSources(
  sources: FlagSources,
  known: readonly string[],
  read: (path: string) => string,
): FlagSources {
  const argv = sources.argv.map(withPresentName);
  const path = textOf(argv, "config-file") ?? sources.env["ETCD_CONFIG_FILE"];
  if (!path) return { argv, env: withPresentVariables(sources.env) };
  return { argv: flagsOfFile(read(path), known), env: {} };
}

function withPresentName(argument: string): string {
  const [, name = "", rest = ""] = /^--?experimental-([a-z0-9-]+)((?:=.*)?)$/s.exec(argument) ?? [];
  if (EXPERIMENTAL.has(name)) return `--${name}${rest}`;
  const feature = FEATURES[name];
  return feature ? `--feature-gates=${feature}${rest || "=true"}` : argument;
}

const PREFIX = "ETCD_EXPERIMENTAL_";

/** What has its present name too keeps that. */
function withPresentVariables(env: FlagSources["env"]): FlagSources["env"] {
  const present: Record<string, string | undefined> = { ...env };
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const name = variable.slice(PREFIX.length);
    const flag = name.toLowerCase().replaceAll("_", "-");
    const feature = FEATURES[flag];
    if (EXPERIMENTAL.has(flag)) present[`ETCD_${name}`] ??= value;
    if (feature) present["ETCD_FEATURE_GATES"] = [present["ETCD_FEATURE_GATES"], `${feature}=${value}`].join(",");
  }
  return present;
}

function textOf(argv: readonly string[], name: string): string | undefined {
  const at = argv.findLastIndex((argument) => argument.replace(/^--?/, "").split("=")[0] === name);
  const found = argv[at];
  if (found === undefined) return undefined;
  return found.includes("=") ? found.slice(found.indexOf("=") + 1) : argv[at + 1];
}

function flagsOfFile(text: string, known: readonly string[]): string[] {
  const content = parse(text) as Record<string, unknown> | null;
  if (content === null) return [];
  if (typeof content !== "object" || Array.isArray(content)) throw new Error("the configuration file holds no names");
  return Object.entries(content).flatMap(([name, value]) => {
    const prefix = SECTIONS[name];
    if (prefix === undefined) return toFlags(name, value, known);
    return Object.entries(value ?? {}).flatMap(([inner, each]) => toFlags(prefix + inner, each, known));
  });
}

function toFlags(name: string, value: unknown, known: readonly string[]): string[] {
  if (value === null) return [];
  const flag = withPresentName(`--${name}=${Array.isArray(value) ? value.join(",") : String(value)}`);
  return known.includes(flag.slice(2, flag.indexOf("="))) ? [flag] : [];
}
