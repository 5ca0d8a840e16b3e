import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LmdbBackend } from "../backend/lmdb-backend.ts";
import { planClusterVersion, planDowngrade, Versions } from "./versions.ts";

describe("the cluster's version", () => {
  const plans: readonly (readonly [cluster: string, isDowngrading: boolean, target: string, verdict: string])[] = [
    ["3.6.0", false, "3.5.0", "allowed"],
    ["3.6.0", false, "3.4.0", "invalid"],
    ["3.6.0", false, "3.6.0", "invalid"],
    ["3.6.0", false, "3.7.0", "invalid"],
    ["3.6.0", false, "2.5.0", "invalid"],
    ["3.6.0", true, "3.5.0", "in-progress"],
    ["3.6.0", true, "3.4.0", "invalid"],
    ["3.5.0", true, "3.5.0", "invalid"],
    ["3.5.0", true, "3.4.0", "in-progress"],
  ];
  for (const [cluster, isDowngrading, target, verdict] of plans)
    it(`${cluster}${isDowngrading ? ", going back already," : ""} may go back to ${target}: ${verdict}`, () =>
      assert.equal(planDowngrade({ cluster, isDowngrading }, target), verdict));

  it("follows the job, and comes back when there is none", () => {
    assert.equal(planClusterVersion({ cluster: "3.6.0", target: "" }), undefined);
    assert.equal(planClusterVersion({ cluster: "3.6.0", target: "3.5.0" }), "3.5.0");
    assert.equal(planClusterVersion({ cluster: "3.5.0", target: "3.5.0" }), undefined);
    assert.equal(planClusterVersion({ cluster: "3.5.0", target: "" }), "3.6.0");
  });

  it("is kept with the job", async () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-versions-"));
    try {
      const backend = new LmdbBackend(directory);
      const versions = new Versions(backend);
      assert.deepEqual([versions.cluster, versions.target, versions.isDowngrading], ["3.6.0", "", false]);
      versions.setTarget("3.5.0");
      versions.setCluster("3.5.0");
      await backend.sync();
      await backend.close();
      const reopened = new LmdbBackend(directory);
      const again = new Versions(reopened);
      assert.deepEqual([again.cluster, again.target, again.isDowngrading], ["3.5.0", "3.5.0", true]);
      await reopened.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
