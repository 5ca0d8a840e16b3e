import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "../host/apt.ts";
import { ensureKubectl } from "../host/ensure-kubectl.ts";
import { isInstalled } from "../host/run.ts";
import type { CommandContext } from "./context.ts";
import { down } from "./down.ts";
import { up } from "./up.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  readonly name: string;
  run(context: CommandContext): Promise<Counts>;
}

const suites: readonly Suite[] = [
  { name: "types", run: (context) => command(context, "tsc", ["--noEmit", "-p", "tsconfig.json"]) },
  { name: "lint", run: (context) => command(context, "biome", ["check", "."]) },
  { name: "tidy", run: (context) => mocha(context, ["test/tidy/**/*.test.ts"], 60_000) },
  {
    name: "unit",
    run: (context) => mocha(context, ["packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"], 20_000),
  },
  { name: "sim", run: (context) => mocha(context, ["test/sim/**/*.test.ts"], 60_000) },
  { name: "integration", run: runIntegration },
  { name: "robustness", run: (context) => mocha(context, ["test/robustness/**/*.test.ts"], 120_000) },
  { name: "e2e", run: runE2e },
];

/** Runs the named suites, or all; the last line counts them all together. Exit code 1 when anything failed. */
export async function test(context: CommandContext, names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    console.error(`unknown suite: ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of suites) {
    if (names.length > 0 && !names.includes(suite.name)) continue;
    console.log(`\n== ${suite.name}`);
    const startedMs = Date.now();
    const counts = await suite.run(context).catch((error: unknown) => {
      console.error(error);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    console.log(
      `== ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`,
    );
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += counts[key];
  }
  console.log(
    `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
  );
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** Real processes on loopback. The distribution's etcd and etcdctl serve as peers to test against, and kubectl as client. */
async function runIntegration(context: CommandContext): Promise<Counts> {
  if (!(await isInstalled("etcdctl"))) await installPackages("etcdctl", ["etcd-client"], () => {});
  if (!(await isInstalled("etcd")) && !existsSync("/usr/bin/etcd"))
    await installPackages("etcd", ["etcd-server"], () => {});
  await ensureKubectl(() => {});
  return mocha(context, ["test/integration/**/*.test.ts"], 120_000);
}

/** The whole lab in Docker with the real kubectl. A lab that is up already is used and left up. */
async function runE2e(context: CommandContext): Promise<Counts> {
  const wasUp = !process.env["CI"] && (await isLabUp(context));
  // What an earlier run left behind, perhaps half of it, is no ground to test on.
  if (!wasUp) await down(context);
  try {
    await up(context);
    return await mocha(context, ["test/e2e/**/*.test.ts"], 300_000, { DRYDOCK_E2E_OWN_LAB: wasUp ? "0" : "1" });
  } finally {
    if (!wasUp) await down(context);
  }
}

async function isLabUp({ docker, settings }: CommandContext): Promise<boolean> {
  return docker
    .getContainer(`${settings.name}-apiserver`)
    .inspect()
    .then(
      (info) => info.State.Running,
      () => false,
    );
}

async function command(context: CommandContext, program: string, args: readonly string[]): Promise<Counts> {
  const { code } = await spawnShown(context, program, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function mocha(
  context: CommandContext,
  patterns: readonly string[],
  timeoutMs: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Counts> {
  const options = ["--no-color", "--reporter", "spec", "--timeout", String(timeoutMs), "--exit"];
  const { code, output } = await spawnShown(context, "mocha", [...options, ...patterns], env);
  const count = (word: string) => Number(new RegExp(`^ {2}(\\d+) ${word}`, "m").exec(output)?.[1] ?? 0);
  const counts = { passed: count("passing"), failed: count("failing"), skipped: count("pending") };
  // A runner that fell over without counting is a failure too.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function spawnShown(
  { root }: CommandContext,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, "node_modules/.bin", program), args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
