import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

/** A whole little process: its `start` says so, counts its stops, and may fail. */
const PROGRAM = `
import { runMain } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
import { choiceFlag, stringFlag } from ${JSON.stringify(new URL("flags.ts", import.meta.url).href)};
await runMain({
  component: "sample",
  flags: { name: stringFlag({ help: "who" }), fate: choiceFlag(["run", "throw", "fail"], { help: "what happens", default: "run" }) },
  envPrefix: "SAMPLE_",
  async start(config, host) {
    if (config.fate === "throw") throw new Error("cannot start");
    const timer = setInterval(() => {}, 1000);
    const metrics = /^process_resident_memory_bytes \\d+$/m.test(await host.metrics.metrics());
    // Once start has returned, signals are heard.
    setImmediate(() => {
      host.logger.info({ name: config.name, metrics }, "ready");
      if (config.fate === "fail") host.fail(new Error("cannot go on"));
    });
    return { async stop() { clearInterval(timer); host.logger.info("tidied up"); } };
  },
});
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end; sends `signal` once it says it is ready. */
async function runProgram(
  args: readonly string[],
  signal?: NodeJS.Signals,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ["--input-type=module-typescript", "--eval", PROGRAM, "--", "sample", ...args],
    {
      env: { ...process.env, ...env },
    },
  );
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
    if (signal && output.stdout.includes('"ready"')) child.kill(signal);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...output };
}

function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("runMain", function () {
  this.timeout(60_000);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`logs JSON lines and stops gracefully on ${signal}`, async () => {
      const { code, stdout } = await runProgram(["--name=one"], signal);
      assert.equal(code, 0);
      const lines = events(stdout);
      assert.deepEqual(
        lines.map(({ msg }) => msg),
        ["ready", "stopping", "tidied up", "stopped"],
      );
      const { component, level, name, metrics } = lines[0] ?? {};
      assert.deepEqual(
        { component, level, name, metrics },
        { component: "sample", level: "info", name: "one", metrics: true },
      );
    });
  }

  it("takes flags from the environment, and writes text for people", async () => {
    const { code, stdout } = await runProgram(["--log-format=text"], undefined, {
      SAMPLE_NAME: "two",
      SAMPLE_FATE: "fail",
    });
    assert.equal(code, 1);
    assert.match(stdout, /INFO.*ready/);
    assert.match(stdout, /cannot go on/);
  });

  it("ends with 1 when it cannot start or cannot go on, and says why", async () => {
    for (const [fate, why] of [
      ["throw", "cannot start"],
      ["fail", "cannot go on"],
    ]) {
      const { code, stdout } = await runProgram(["--name=three", `--fate=${fate}`]);
      assert.equal(code, 1);
      const last = events(stdout).at(-1) as { level?: string; err?: { message?: string } };
      assert.deepEqual([last.level, last.err?.message], ["fatal", why]);
    }
  });

  it("names every wrong flag and ends with 2; --help explains them all", async () => {
    const wrong = await runProgram(["--nope", "--log-level=loud"]);
    assert.equal(wrong.code, 2);
    for (const text of ["unknown flag: --nope", "--log-level", "--name is required"])
      assert.ok(wrong.stderr.includes(text), wrong.stderr);
    const help = await runProgram(["--help"]);
    assert.equal(help.code, 0);
    for (const text of ["--name", "--fate", "--log-format", "who"]) assert.ok(help.stdout.includes(text), help.stdout);
  });
});
