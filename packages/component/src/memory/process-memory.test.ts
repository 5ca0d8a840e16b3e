import assert from "node:assert/strict";
import { collectGarbage, loadTrim } from "./process-memory.ts";

const MIB = 1024 * 1024;

describe("the memory of this process", function () {
  this.timeout(30_000);

  for (const how of ["bit by bit", "at once"] as const)
    it(`is less after a collection ${how} and a trim, by what nobody holds any more`, async () => {
      const trim = await loadTrim();
      // Elsewhere than on Linux with glibc there is nothing to call.
      assert.equal(trim !== undefined, process.platform === "linux" && isGlibc());
      let kept = Array.from({ length: 3000 }, () => Buffer.allocUnsafeSlow(64 * 1024).fill(1));
      const before = process.memoryUsage();
      // What stays lies between what goes: without a trim the C library gives nothing back.
      kept = kept.filter((_, index) => index % 50 === 0);
      await collectGarbage(how);
      const { arrayBuffers } = process.memoryUsage();
      assert.ok(arrayBuffers < before.arrayBuffers - 100 * MIB, `${before.arrayBuffers} ${arrayBuffers}`);
      await trim?.();
      if (trim) assert.ok(process.memoryUsage.rss() < before.rss - 100 * MIB, `${process.memoryUsage.rss()}`);
      assert.ok(kept.every((slab) => slab.every((octet) => octet === 1)));
    });
});

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
