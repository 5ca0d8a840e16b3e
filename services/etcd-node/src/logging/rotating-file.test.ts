import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { RotatingFile } from "./rotating-file.ts";

const MIB = 1024 * 1024;
const ONE = { maxSize: 1, maxAge: 0, maxBackups: 0, isLocalTime: false, isCompressed: false };

describe("a rotating file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-rotating-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  let nowMs = Date.parse("2026-03-10T12:00:00.000Z");
  const now = () => {
    nowMs += 1000;
    return new Date(nowMs);
  };
  const line = (sign: string) => `${sign.repeat(MIB / 2 - 1)}\n`;

  it("begins anew before it grows too large, and keeps what was", () => {
    const path = join(directory, "logs", "etcd.log");
    const file = new RotatingFile(path, ONE, now);
    for (const sign of ["a", "b", "c"]) file.write(line(sign));
    assert.equal(readFileSync(path, "utf8"), line("c"));
    const backup = readdirSync(join(directory, "logs")).find((name) => name !== "etcd.log");
    assert.match(backup ?? "", /^etcd-2026-03-10T12-\d\d-\d\d\.000\.log$/);
    assert.equal(readFileSync(join(directory, "logs", backup as string), "utf8"), line("a") + line("b"));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    file.write("d".repeat(MIB + 1));
    assert.equal(readFileSync(path, "utf8"), line("c"));
  });

  it("goes on with a file that is there, unless it is full", () => {
    const path = join(directory, "etcd.log");
    writeFileSync(path, "before\n", { mode: 0o640 });
    new RotatingFile(path, ONE, now).write("after\n");
    assert.equal(readFileSync(path, "utf8"), "before\nafter\n");
    writeFileSync(path, line("a") + line("b"));
    new RotatingFile(path, ONE, now).write("new\n");
    assert.equal(readFileSync(path, "utf8"), "new\n");
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.equal(readdirSync(directory).length, 2);
  });

  it("compresses what it keeps, and keeps no more than it may", async () => {
    const path = join(directory, "etcd.log");
    const file = new RotatingFile(path, { ...ONE, maxBackups: 2, isCompressed: true }, now);
    for (const sign of ["a", "b", "c", "d", "e", "f", "g"]) file.write(line(sign));
    await file.tidied();
    const backups = readdirSync(directory).filter((name) => name !== "etcd.log");
    assert.equal(backups.length, 2);
    assert.ok(backups.every((name) => name.endsWith(".log.gz")));
    const texts = backups.sort().map((name) => gunzipSync(readFileSync(join(directory, name))).toString());
    assert.deepEqual(texts, [line("c") + line("d"), line("e") + line("f")]);
  });
});
