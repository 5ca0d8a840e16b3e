import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeconfig, parseKubeconfig, renderKubeconfig } from "@drydock/pki";
import { UserError } from "../report/steps.ts";
import { addContext, removeContext } from "./kubeconfig-file.ts";

const OTHER = `apiVersion: v1
kind: Config
clusters: [{name: work, cluster: {server: "https://work.example:6443"}}]
users: [{name: me, user: {token: secret, exec: {command: login}}}]
contexts: [{name: work, context: {cluster: work, user: me, namespace: team}}]
current-context: work
preferences: {colors: true}
`;

describe("the kubeconfig of the person", () => {
  const saved = process.env["KUBECONFIG"];
  let directory: string;
  let path: string;
  let admin: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-kubeconfig-"));
    path = join(directory, "deeper", "config");
    admin = join(directory, "admin.conf");
    process.env["KUBECONFIG"] = `:${path}:${join(directory, "second")}`;
    const connection = { server: "https://127.0.0.1:6443", caPem: "ca", certPem: "cert", keyPem: "key" };
    writeFileSync(admin, renderKubeconfig(createKubeconfig("admin", connection)));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
    if (saved === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = saved;
  });

  const read = () => parseKubeconfig(readFileSync(path, "utf8"));

  it("is made where there is none, readable by its owner alone", () => {
    assert.equal(addContext("drydock", admin), path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(read()["current-context"], "drydock");
    assert.equal(existsSync(join(directory, "second")), false);
  });

  it("keeps all that others have in it, however often the lab comes and goes", () => {
    addContext("drydock", admin);
    writeFileSync(path, OTHER);
    addContext("drydock", admin);
    addContext("drydock", admin);
    const merged = read();
    assert.deepEqual(
      merged.contexts?.map(({ name }) => name),
      ["work", "drydock"],
    );
    removeContext("drydock");
    assert.deepEqual(read(), { ...parseKubeconfig(OTHER), "current-context": "" });
  });

  it("is not written when there is nothing to remove", () => {
    removeContext("drydock");
    assert.equal(existsSync(path), false);
    addContext("drydock", admin);
    writeFileSync(path, OTHER);
    removeContext("drydock");
    assert.equal(readFileSync(path, "utf8"), OTHER);
  });

  it("is left alone, with a sentence, when it is no kubeconfig", () => {
    addContext("drydock", admin);
    writeFileSync(path, "- not\n- a mapping\n");
    assert.throws(() => addContext("drydock", admin), UserError);
    assert.equal(readFileSync(path, "utf8"), "- not\n- a mapping\n");
  });
});
