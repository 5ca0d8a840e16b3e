#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runMain } from "@drydock/component";
import { SERVER_VERSION } from "./cluster/versions.ts";
import { etcdFlags } from "./config.ts";
import { type FlagSources, flagSources } from "./flag-sources.ts";
import { openLog } from "./logging/open-log.ts";
import { start } from "./start.ts";

// V8 marks the whole heap, the index of all keys in it, for every 64 MiB of buffers: with values of 2 KiB that is twice a second and a third of
// the work. With the first flag buffers count towards the same limit as everything else; the second keeps that limit at 2.5 times what is alive,
// where V8 would allow four.
setFlagsFromString("--external-memory-accounted-in-global-limit");
setFlagsFromString("--heap-growing-percent=150");
// A function is optimized when it has run so often, which with one client is half a minute after the start: until then each of its puts took a
// quarter longer. V8's own figures are 3,000, 400 and 500.
setFlagsFromString("--invocation-count-for-turbofan=1000");
setFlagsFromString("--invocation-count-for-maglev=150");
setFlagsFromString("--minimum-invocations-after-ic-update=150");

if (process.argv.slice(2).some((argument) => /^--?version$/.test(argument))) {
  console.log(
    `etcd Version: ${SERVER_VERSION}\nGit SHA: drydock\nNode Version: ${process.version}\nOS/Arch: ${process.platform}/${process.arch}`,
  );
  process.exit(0);
}
const sources = flagSourcesOrEnd();
await runMain({ component: "etcd-node", flags: etcdFlags, envPrefix: "ETCD_", ...sources, openLog, start });

function flagSourcesOrEnd(): FlagSources {
  try {
    const read = (path: string) => readFileSync(path, "utf8");
    return flagSources({ argv: process.argv.slice(2), env: process.env }, Object.keys(etcdFlags), read);
  } catch (error) {
    console.error(`etcd-node: error verifying flags, ${(error as Error).message}`);
    process.exit(1);
  }
}
