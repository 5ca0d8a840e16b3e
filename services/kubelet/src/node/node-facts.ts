import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { mkdir, readFile, statfs, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { KubeletConfig } from "../config.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { NodeFacts } from "./node-object.ts";

/** Looks at the machine once, at start. */
export async function gatherNodeFacts(config: KubeletConfig, runtime: ContainerRuntime): Promise<NodeFacts> {
  const disk = await statfs(config.rootDir);
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return {
    name: config.hostnameOverride,
    ip: config.nodeIp || (await lookup(config.hostnameOverride, 4)).address,
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: disk.blocks * disk.bsize,
    maxPods: config.maxPods,
    port: config.port,
    runtime: await runtime.version(),
    machineId: await machineId(config.rootDir),
    bootId: bootId.trim(),
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    labels: parseLabels(config.nodeLabels),
  };
}

/** Nodes share the host's /etc/machine-id, so each keeps one of its own. */
async function machineId(rootDirectory: string): Promise<string> {
  const path = join(rootDirectory, "machine-id");
  const known = await readFile(path, "utf8").catch(() => "");
  if (known) return known.trim();
  const fresh = randomUUID().replaceAll("-", "");
  await mkdir(rootDirectory, { recursive: true });
  await writeFile(path, `${fresh}\n`);
  return fresh;
}

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair !== "");
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
