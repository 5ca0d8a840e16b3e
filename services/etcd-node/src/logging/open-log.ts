import { createLogger, type FlagValues, type Logger, type LogOutput } from "@drydock/component";
import { LogFile } from "./log-file.ts";
import type { logFlags } from "./log-flags.ts";
import { parseRotation } from "./parse-rotation.ts";
import { RotatingFile } from "./rotating-file.ts";

type LogConfig = FlagValues<typeof logFlags>;

const DESCRIPTORS: Readonly<Record<string, number>> = { default: 2, stderr: 2, stdout: 1 };

/** The log as etcd's flags have it. Throws, in etcd's words, where they make no sense. */
export function openLog(config: LogConfig): Logger {
  const isPanic = config.logLevel === "panic" || config.logLevel === "dpanic";
  return createLogger({
    component: "etcd-node",
    format: config.logFormat === "json" ? "json" : "text",
    level: isPanic ? "fatal" : config.logLevel,
    outputs: outputsOf(config),
  });
}

function outputsOf({ logOutputs, enableLogRotation, logRotationConfigJson }: LogConfig): LogOutput[] {
  const names = logOutputs.length === 0 ? ["default"] : [...new Set(logOutputs)];
  if (names.length > 1 && names.includes("default"))
    throw new Error('multi logoutput for "default" is not supported yet');
  if (names.includes("systemd/journal")) throw new Error("journald is not written to; it takes what goes to stderr");
  const files = names.filter((name) => !Object.hasOwn(DESCRIPTORS, name));
  if (enableLogRotation && files.length !== 1)
    throw new Error("--log-outputs requires a single file path when --log-rotate-config-json is defined");
  const rotation = enableLogRotation ? parseRotation(logRotationConfigJson) : undefined;
  // Who sends the log there wants none, wherever else it was told to go.
  if (names.includes("/dev/null")) return [new LogFile("/dev/null")];
  return names.map(
    (name) => DESCRIPTORS[name] ?? (rotation ? new RotatingFile(name, rotation) : new LogFile(pathOf(name))),
  );
}

/** A path, or the URL of one. */
function pathOf(name: string): string {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(name) ?? [];
  if (scheme === undefined) return name;
  if (scheme.toLowerCase() !== "file") throw new Error(`open sink "${name}": no sink found for scheme "${scheme}"`);
  return rest.replace(/^localhost(?=\/)/, "");
}
