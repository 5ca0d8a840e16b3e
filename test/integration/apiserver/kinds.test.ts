import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";
import { SPECIMENS } from "./one-of-each.ts";

/** `poddisruptionbudget.policy/one`, as many as there are kinds; one command works on all of them. */
const names = SPECIMENS.map(({ name }) => name);
const manifests = SPECIMENS.map(({ manifest }) => manifest).join("---\n");

describe("one object of each kind, for the real kubectl", function () {
  this.timeout(120_000);
  let server: ApiServer;
  let kubectl: Kubectl;

  before(async () => {
    server = await startApiServer();
    const binary = findKubectls()[0];
    assert.ok(binary);
    const config = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
    kubectl = await Kubectl.create(binary, server.path("home"), config);
  });

  after(async () => server?.stop());

  it("is created", async () => {
    const created = (await kubectl.ok("create -f -", manifests)).trim().split("\n");
    assert.deepEqual(
      created,
      names.map((name) => `${name} created`),
    );
  });

  it("shows as the real server's table", async () => {
    const tables = (await kubectl.ok(["get", ...names])).trim().split("\n\n");
    const lines = tables.map((table) => table.split("\n"));
    assert.equal(lines.length, SPECIMENS.length);
    SPECIMENS.forEach(({ name, head, row }, index) => {
      const [first = "", second = ""] = lines[index] ?? [];
      assert.equal(first.replaceAll(/ +/g, " ").trim(), head, name);
      assert.match(second.trim(), row, name);
    });
  });

  it("comes back in full, with its uid", async () => {
    const text = await kubectl.ok(["get", "-o", "yaml", ...names]);
    const [list] = parseAllDocuments(text).map((document) => document.toJS() as { items: Item[] });
    assert.equal(list?.items.length, SPECIMENS.length);
    for (const { metadata, kind } of list?.items ?? []) assert.match(metadata.uid, /^[0-9a-f-]{36}$/, kind);
  });

  it("is found by the short and the plural names of discovery, and told in full by describe", async () => {
    const text = await kubectl.ok("get cj,sts,hpa,pdb,jobs -o name");
    assert.deepEqual(text.trim().split("\n").sort(), [
      "cronjob.batch/one",
      "horizontalpodautoscaler.autoscaling/one",
      "job.batch/one",
      "poddisruptionbudget.policy/one",
      "statefulset.apps/one",
    ]);
    assert.match(await kubectl.ok("describe job one"), /^Completions: +1$/m);
    assert.match(
      await kubectl.ok("get horizontalpodautoscalers.v1.autoscaling one -o yaml"),
      /^ {2}targetCPUUtilizationPercentage: 80$/m,
    );
  });

  it("and of the server's surroundings says how they are", async () => {
    assert.match(await kubectl.ok("get cs"), /^NAME +STATUS +MESSAGE +ERROR *\n.*\netcd-0 +Healthy +ok/m);
    assert.match(await kubectl.ok("get cs etcd-0 -o yaml"), /^kind: ComponentStatus$/m);
    assert.match(await kubectl.fails("get cs nobody"), /componentstatuses "nobody" not found/);
  });

  it("has its certificate request approved by who may", async () => {
    await kubectl.ok("certificate approve one");
    assert.match(await kubectl.ok("get csr one"), /Approved\s*$/);
    assert.match(await kubectl.fails("certificate deny one"), /is already Approved/);
  });

  it("is made by the commands that have a word for it", async () => {
    await kubectl.ok("create job made --image=busybox");
    await kubectl.ok(["create", "cronjob", "made", "--image=busybox", "--schedule=*/5 * * * *"]);
    await kubectl.ok("create job once --from=cronjob/made");
    await kubectl.ok("create quota made --hard=pods=5");
    await kubectl.ok("create poddisruptionbudget made --selector=app=x --min-available=1");
    await kubectl.ok("autoscale statefulset one --name=made --min=1 --max=4 --cpu-percent=60");
    const hpa = await kubectl.ok("get hpa made");
    assert.match(hpa, /made +StatefulSet\/one +cpu: <unknown>\/60% +1 +4 /);
    await kubectl.ok("scale statefulset one --replicas=0");
    assert.match(await kubectl.ok("get statefulset one"), /^one +0\/0 /m);
    assert.match(
      await kubectl.fails(["patch", "job", "made", "-p", '{"spec":{"completions":3}}']),
      /spec.completions: Invalid value: 3: field is immutable/,
    );
    await kubectl.ok("delete job,cronjob,quota,pdb,hpa made once --ignore-not-found --wait=false");
  });

  it("is bound through the older place for bindings, resized and evicted", async () => {
    const post = (path: string, object: object) =>
      kubectl.ok(["create", "--raw", `/api/v1/namespaces/default/${path}`, "-f", "-"], JSON.stringify(object));
    const metadata = { name: "guarded", namespace: "default" };
    await kubectl.ok("create serviceaccount default");
    await kubectl.ok("run guarded --image=busybox --labels=app=x");
    const target = { kind: "Node", name: "node-1" };
    await post("bindings", { apiVersion: "v1", kind: "Binding", metadata, target });
    assert.match(await kubectl.ok("get pod guarded -o wide"), / node-1 /);
    await kubectl.ok([
      ...["patch", "pod", "guarded", "--subresource=status", "-p"],
      '{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}',
    ]);
    assert.match(
      await kubectl.fails([
        ...["patch", "pod", "guarded", "--subresource=resize", "-p"],
        '{"spec":{"containers":[{"name":"guarded","resources":{"requests":{"cpu":"1"}}}]}}',
      ]),
      /Pod QOS Class may not change as a result of resizing/,
    );
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata };
    // The budget of these pods is there, and its controller is not: nobody has said that one may go.
    await assert.rejects(post("pods/guarded/eviction", eviction), /Cannot evict pod as it would violate the pod's/);
    await kubectl.ok("delete pdb one");
    await post("pods/guarded/eviction", eviction);
    await kubectl.ok("delete pod guarded --force --ignore-not-found");
    await kubectl.ok("create poddisruptionbudget one --selector=app=x --min-available=1");
  });

  it("is patched and deleted", async () => {
    await kubectl.ok(["label", ...names, "seen=yes"]);
    const kinds = names.map((name) => name.split("/")[0]).join(",");
    const labelled = await kubectl.ok(["get", kinds, "-l", "seen=yes", "-o", "name"]);
    assert.deepEqual(labelled.trim().split("\n"), names);
    await kubectl.ok(["delete", "--wait=false", ...names]);
    // Controllers let storage go that nobody uses, and none runs here.
    for (const name of ["persistentvolume/one", "persistentvolumeclaim/one", "volumeattributesclass/one"])
      await kubectl.ok(["patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
    assert.equal(await kubectl.ok(["get", kinds, "-l", "seen=yes", "-o", "name"]), "");
  });
});

interface Item {
  readonly kind: string;
  readonly metadata: { readonly uid: string };
}
