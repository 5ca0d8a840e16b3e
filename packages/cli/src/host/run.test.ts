import assert from "node:assert/strict";
import { isInstalled, run, tryRun } from "./run.ts";

const node = (script: string) => [process.execPath, ["-e", script]] as const;

describe("running programs", () => {
  it("tells exit code and both outputs, and hands each line on", async () => {
    const lines: string[] = [];
    const [program, args] = node("console.log('a\\n\\n b '); console.error('c'); process.exitCode = 3");
    const result = await tryRun(program, args, { onLine: (line) => lines.push(line) });
    assert.deepEqual(result, { code: 3, stdout: "a\n\n b \n", stderr: "c\n" });
    assert.deepEqual(lines.sort(), ["a", "b", "c"]);
  });

  it("passes input, working directory and environment", async () => {
    const [program, args] = node(
      "process.stdin.on('data', (text) => console.log(String(text), process.cwd(), process.env.COLOUR))",
    );
    assert.equal(await run(program, args, { input: "in", cwd: "/", env: { COLOUR: "blue" } }), "in / blue\n");
  });

  it("ends what takes too long with 124, and says 127 where there is no program", async () => {
    const [program, args] = node("setInterval(() => {}, 1000)");
    assert.equal((await tryRun(program, args, { timeoutMs: 50 })).code, 124);
    assert.equal((await tryRun("no-such-program-here", [])).code, 127);
    assert.equal(await isInstalled("no-such-program-here"), false);
    assert.equal(await isInstalled("sh"), true);
  });

  it("rejects with what the program said when it fails and must not", async () => {
    const [program, args] = node("console.error('out of cheese'); process.exitCode = 1");
    await assert.rejects(run(program, args), /exit code 1\nout of cheese/);
  });
});
