import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFlags } from "@drydock/component";
import { logFlags } from "./log-flags.ts";
import { openLog } from "./open-log.ts";

describe("the log", () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-log-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);
  const logOf = (...argv: string[]) => {
    const parsed = parseFlags(logFlags, { argv });
    assert.ok(parsed.kind === "values", JSON.stringify(parsed));
    return openLog(parsed.values);
  };

  it("goes to all files it was given, each once", () => {
    const log = logOf(`--log-outputs=${at("a.log")},file://${at("b.log")}`, `--log-outputs=${at("a.log")}`);
    log.info("something happened");
    const text = readFileSync(at("a.log"), "utf8");
    const { level, component, msg } = JSON.parse(text);
    assert.deepEqual([level, component, msg], ["info", "etcd-node", "something happened"]);
    assert.equal(readFileSync(at("b.log"), "utf8"), text);
  });

  it("goes nowhere where that is among them", () => {
    logOf(`--log-outputs=/dev/null,${at("none.log")}`).info("nobody hears");
    assert.ok(!existsSync(at("none.log")));
  });

  it("is for people where it is asked to be", () => {
    logOf(`--log-outputs=${at("text.log")}`, "--log-format=console").warn("look here");
    assert.match(readFileSync(at("text.log"), "utf8"), /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN.*look here\n/);
  });

  it("knows etcd's levels", () => {
    for (const level of ["panic", "dpanic", "fatal"]) {
      const log = logOf(`--log-outputs=${at(`${level}.log`)}`, `--log-level=${level}`);
      log.error("passed over");
      log.fatal("said");
      assert.equal(readFileSync(at(`${level}.log`), "utf8").split("\n").length, 2);
    }
  });

  it("makes the directory of a file that is rotated", () => {
    logOf(`--log-outputs=${at("deep/er.log")}`, "--enable-log-rotation").info("heard");
    assert.match(readFileSync(at("deep/er.log"), "utf8"), /heard/);
  });

  const single = "--log-outputs requires a single file path when --log-rotate-config-json is defined";
  const refusals: readonly (readonly [argv: readonly string[], message: string])[] = [
    [[`--log-outputs=default,${at("x.log")}`], 'multi logoutput for "default" is not supported yet'],
    [["--log-outputs=/none/x.log"], 'open sink "/none/x.log": open /none/x.log: no such file or directory'],
    [["--log-outputs=http://x"], 'open sink "http://x": no sink found for scheme "http"'],
    [["--enable-log-rotation"], single],
    [["--enable-log-rotation", `--log-outputs=${at("x")},${at("y")}`], single],
    [["--log-outputs=systemd/journal"], "journald is not written to; it takes what goes to stderr"],
  ];
  for (const [argv, message] of refusals)
    it(`refuses ${argv.join(" ").replaceAll(directory, "")}`, () => assert.throws(() => logOf(...argv), { message }));
});
