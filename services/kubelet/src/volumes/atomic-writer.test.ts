import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomically } from "./atomic-writer.ts";

const payload = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o640 }]));

describe("writeAtomically", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-volume-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("shows the files through links, swaps them at once and leaves nothing of the old version", async () => {
    assert.equal(await writeAtomically(directory, payload({ a: "1", "sub/b": "2" }), "v1"), true);
    assert.equal(await readFile(join(directory, "sub/b"), "utf8"), "2");
    assert.equal((await stat(join(directory, "a"))).mode & 0o777, 0o640);
    assert.equal(await writeAtomically(directory, payload({ a: "1", "sub/b": "2" }), "v2"), false);
    assert.equal(await writeAtomically(directory, payload({ a: "3" }), "v3"), true);
    assert.equal(await readFile(join(directory, "a"), "utf8"), "3");
    assert.equal(await readlink(join(directory, "..data")), "..v3");
    assert.deepEqual((await readdir(directory)).sort(), ["..data", "..v3", "a"]);
  });
});
