import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EtcdCluster, until } from "../integration/etcd/etcd-cluster.ts";

describe("a real member whose files were damaged while it was down", function () {
  this.timeout(120_000);
  let cluster: EtcdCluster;

  beforeEach(async () => {
    cluster = await EtcdCluster.start({ isSecure: false });
    for (let index = 0; index < 20; index++)
      await cluster.client().put({ key: `key/${index}`, value: `precious-${index}` });
  });
  afterEach(() => cluster.dispose());

  const damage = async (directory: string, isMeant: (name: string) => boolean) => {
    const name = (await readdir(directory)).find(isMeant) as string;
    const path = join(directory, name);
    const bytes = await readFile(path);
    assert.ok(bytes.includes("precious-7"), `${name} holds the value`);
    // Everywhere: some copies lie on pages that are not in use any more.
    for (let at = bytes.indexOf("precious-7"); at >= 0; at = bytes.indexOf("precious-7", at))
      bytes[at] = (bytes[at] as number) ^ 0x20;
    await writeFile(path, bytes);
    return name;
  };

  const refusal = async (index: number) => {
    cluster.startMember(index);
    await until("it to refuse to start", async () => (cluster.isRunning(index) ? undefined : true));
    return cluster.log(index);
  };

  it("does not start, and says which record of its database is damaged", async () => {
    // A graceful stop writes everything to the database.
    await cluster.stopMember(1, "SIGTERM");
    const name = await damage(join(cluster.dataDirectory(1), "member", "snap"), (file) => file === "db");
    assert.match(await refusal(1), new RegExp(`database \\S*${name} is damaged in the revisions from \\d+\\.0 on`));
    assert.equal(String((await cluster.client([0]).range({ key: "key/7" })).kvs[0]?.value), "precious-7");
  });

  it("does not start, and says where in its log the damage is", async () => {
    await cluster.stopMember(1, "SIGKILL");
    const name = await damage(join(cluster.dataDirectory(1), "member", "wal"), (file) => file.endsWith(".wal"));
    assert.match(await refusal(1), new RegExp(`WAL segment ${name} is damaged at byte \\d+`));
  });
});
