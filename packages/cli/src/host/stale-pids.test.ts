import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStalePids } from "./stale-pids.ts";

describe("pid files that a killed engine left", () => {
  it("go when their process is gone or is another program, and stay when it runs", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-pids-"));
    try {
      const file = (name: string) => join(directory, name);
      for (const [name, pid] of Object.entries({ gone: "11", other: "12\n", running: "13", broken: "x" }))
        writeFileSync(file(name), pid);
      const programs: Readonly<Record<number, string>> = { 12: "node", 13: "containerd" };
      const files = ["gone", "other", "running", "broken", "absent"].map((name) => [file(name), "containerd"]);
      const removed = removeStalePids(Object.fromEntries(files), (pid) => programs[pid]);
      assert.deepEqual(removed, [file("gone"), file("other"), file("broken")]);
      assert.deepEqual([existsSync(file("gone")), existsSync(file("running"))], [false, true]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
