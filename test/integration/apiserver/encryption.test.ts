import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secrets } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";

const key = { namespace: "default", name: "password" };

describe("secrets in the store", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;
  let server: ApiServer;

  const configure = (providers: object[]) =>
    writeFile(
      file,
      JSON.stringify({
        apiVersion: "apiserver.config.k8s.io/v1",
        kind: "EncryptionConfiguration",
        resources: [{ resources: ["secrets"], providers }],
      }),
    );
  const provider = (kind: string, name: string, fill: number) => ({
    [kind]: { keys: [{ name, secret: Buffer.alloc(32, fill).toString("base64") }] },
  });
  const stored = async () => (await server.readStored("secrets/default/password"))?.toString("latin1") ?? "";

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-encryption-"));
    file = join(directory, "encryption.yaml");
    await configure([provider("aescbc", "first", 1), { identity: {} }]);
    server = await startApiServer({ flags: [`--encryption-provider-config=${file}`] });
  });
  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("are encrypted, and nobody who asks the API sees it", async () => {
    const data = { password: Buffer.from("open sesame").toString("base64") };
    await server.client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: key, data });
    assert.match(await stored(), /^k8s:enc:aescbc:v1:first:/);
    assert.deepEqual((await server.client.get(secrets, key)).data, data);
  });

  it("are written with a new key by an update that changes nothing, once there is one", async () => {
    await configure([provider("secretbox", "second", 2), provider("aescbc", "first", 1), { identity: {} }]);
    await server.processes.restart("apiserver");
    const found = await eventually("the apiserver answers", () => server.client.get(secrets, key));
    assert.match(await stored(), /^k8s:enc:aescbc:v1:first:/);
    await eventually("the secret is written", async () => (await server.client.update(secrets, found)).metadata.name);
    assert.match(await stored(), /^k8s:enc:secretbox:v1:second:/);
    const again = await server.client.get(secrets, key);
    assert.deepEqual(again.data, found.data);
    assert.equal((await server.client.update(secrets, again)).metadata.resourceVersion, again.metadata.resourceVersion);
  });
});
