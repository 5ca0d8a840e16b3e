import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOf, type Item, type Layout, planDatabase, writeDatabase } from "@drydock/bbolt";
import { offlineEtcdctl } from "./offline.ts";

/** Keys as etcd has them, which its tool takes the last revision from. */
function revisions(count: number, valueBytes: (index: number) => number): Item[] {
  return Array.from({ length: count }, (_, index) => {
    const key = Buffer.alloc(17);
    key.writeBigUInt64BE(BigInt(index + 1), 0);
    key[8] = "_".charCodeAt(0);
    return { key, value: Buffer.alloc(valueBytes(index), index) };
  });
}

describe("bbolt files, read by bbolt itself", function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-bbolt-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const shapes: Readonly<Record<string, Item[]>> = {
    "no keys": [],
    "one small key": revisions(1, () => 10),
    "exactly a quarter of a page": revisions(1, () => 1024 - 16 - 16 - 17),
    "three levels": revisions(60_000, () => 60),
    "values of all sizes": revisions(300, (index) => (index * 977) % 20_000),
    "a value of a megabyte": revisions(2, () => 1_500_000),
  };
  for (const [name, items] of Object.entries(shapes))
    it(`is whole, to its check of every page: ${name}`, async () => {
      const buckets = (): Item[] => [
        { key: bytesOf("alarm"), items: () => [] },
        { key: bytesOf("key"), items: () => items },
      ];
      const path = join(directory, "db");
      const file = Buffer.concat([...writeDatabase(buckets, plan(buckets))]);
      await writeFile(path, file);
      const { status, stdout, stderr } = await offlineEtcdctl("snapshot", "status", path, "-w", "json");
      assert.equal(status, 0, stderr);
      const { revision, totalKey, totalSize } = JSON.parse(stdout);
      assert.deepEqual(
        { revision, totalKey, totalSize },
        { revision: items.length, totalKey: items.length, totalSize: file.length },
      );
    });
});

function plan(buckets: () => Item[]): Layout {
  const planning = planDatabase(buckets);
  let step = planning.next();
  while (!step.done) step = planning.next();
  return step.value;
}
