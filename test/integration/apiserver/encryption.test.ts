import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secrets } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { rest } from "../loopback/rest.ts";

const key = { namespace: "default", name: "password" };

const definition = {
  metadata: { name: "notes.secret.example.com" },
  spec: {
    group: "secret.example.com",
    scope: "Namespaced",
    names: { plural: "notes", kind: "Note" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { text: { type: "string" } } } },
      },
    ],
  },
};

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
        resources: [{ resources: ["secrets", "notes.secret.example.com"], providers }],
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

  it("may be of a custom kind", async () => {
    const admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert.equal((await rest(admin, "POST", definitions, { body: definition })).code, 201);
    const notes = "/apis/secret.example.com/v1/namespaces/default/notes";
    await eventually("the kind is served", async () => (await rest(admin, "GET", notes)).code === 200);
    const note = { apiVersion: "secret.example.com/v1", kind: "Note", metadata: { name: "a" }, text: "sesame" };
    assert.equal((await rest(admin, "POST", notes, { body: note })).code, 201);
    const kept = String(await server.readStored("secret.example.com/notes/default/a"));
    assert.match(kept, /^k8s:enc:aescbc:v1:first:/);
    assert.equal((await rest(admin, "GET", `${notes}/a`)).json["text"], "sesame");
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
