import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditLog } from "./audit-log.ts";

describe("audit log", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "audit-log-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const line = "x".repeat(700 * 1024);
  const day = 86_400_000;

  it("sets a full file aside and keeps as many as it may", () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const path = join(directory, "logs", "audit.log");
    const log = createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 2, maxAgeDays: 0 }, () => nowMs);
    for (let count = 0; count < 5; count++) {
      log.write(`${count}${line}`);
      nowMs += 1000;
    }
    assert.deepEqual(readdirSync(join(directory, "logs")).sort(), [
      "audit-2026-01-01T00-00-03.000.log",
      "audit-2026-01-01T00-00-04.000.log",
      "audit.log",
    ]);
    assert.equal(readFileSync(path, "utf8"), `4${line}\n`);
  });

  it("drops what is too old, and nothing that is not its own", () => {
    let nowMs = Date.UTC(2026, 0, 1);
    writeFileSync(join(directory, "audit-notes.log"), "");
    const path = join(directory, "audit.log");
    const log = createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 0, maxAgeDays: 1 }, () => nowMs);
    log.write(line);
    log.write(line);
    nowMs += 2 * day;
    log.write(line);
    assert.deepEqual(readdirSync(directory).sort(), [
      "audit-2026-01-03T00-00-00.000.log",
      "audit-notes.log",
      "audit.log",
    ]);
  });

  it("goes on in a file that is there", () => {
    const path = join(directory, "audit.log");
    writeFileSync(path, "before\n");
    createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 0, maxAgeDays: 0 }).write("after");
    assert.equal(readFileSync(path, "utf8"), "before\nafter\n");
  });
});
