import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createAuditLog } from "./audit-log.ts";

describe("audit log", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "audit-log-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const line = "x".repeat(700 * 1024);
  const whole = { isCompressed: false };
  const day = 86_400_000;

  it("sets a full file aside and keeps as many as it may", () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const path = join(directory, "logs", "audit.log");
    const log = createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 2, maxAgeDays: 0, ...whole }, () => nowMs);
    for (let count = 0; count < 5; count++) {
      log.write({ event: `${count}${line}` });
      nowMs += 1000;
    }
    assert.deepEqual(readdirSync(join(directory, "logs")).sort(), [
      "audit-2026-01-01T00-00-03.000.log",
      "audit-2026-01-01T00-00-04.000.log",
      "audit.log",
    ]);
    assert.equal(readFileSync(path, "utf8"), `{"event":"4${line}"}\n`);
  });

  it("drops what is too old, and nothing that is not its own", () => {
    let nowMs = Date.UTC(2026, 0, 1);
    writeFileSync(join(directory, "audit-notes.log"), "");
    const path = join(directory, "audit.log");
    const log = createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 0, maxAgeDays: 1, ...whole }, () => nowMs);
    log.write({ line });
    log.write({ line });
    nowMs += 2 * day;
    log.write({ line });
    assert.deepEqual(readdirSync(directory).sort(), [
      "audit-2026-01-03T00-00-00.000.log",
      "audit-notes.log",
      "audit.log",
    ]);
  });

  it("goes on in a file that is there", () => {
    const path = join(directory, "audit.log");
    writeFileSync(path, "before\n");
    createAuditLog(path, { maxSizeMegabytes: 1, maxBackups: 0, maxAgeDays: 0, ...whole }).write({ next: "after" });
    assert.equal(readFileSync(path, "utf8"), 'before\n{"next":"after"}\n');
  });

  it("compresses what is set aside, and counts it with the others", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const limits = { maxSizeMegabytes: 1, maxBackups: 1, maxAgeDays: 0, isCompressed: true };
    const log = createAuditLog(join(directory, "audit.log"), limits, () => nowMs);
    for (let count = 0; count < 3; count++) {
      log.write({ count, line });
      await log.stop?.();
      nowMs += 1000;
    }
    assert.deepEqual(readdirSync(directory).sort(), ["audit-2026-01-01T00-00-02.000.log.gz", "audit.log"]);
    const packed = readFileSync(join(directory, "audit-2026-01-01T00-00-02.000.log.gz"));
    assert.deepEqual(JSON.parse(gunzipSync(packed).toString()), { count: 1, line });
  });
});
