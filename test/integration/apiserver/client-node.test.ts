import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { PassThrough, Writable } from "node:stream";
import {
  type ApiException,
  AppsV1Api,
  Attach,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  Health,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  type V1ConfigMap,
  type V1Status,
  VersionApi,
  Watch,
} from "@kubernetes/client-node";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { addRunningPod, type FakeKubelet, startFakeKubelet } from "./fake-kubelet.ts";

const namespace = "default";

/** The JavaScript client that is Kubernetes' own, unmodified: its requests, informers and streams. */
describe("@kubernetes/client-node", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubelet: FakeKubelet;
  let config: KubeConfig;
  let core: CoreV1Api;

  before(async function () {
    this.timeout(90_000);
    [server, kubelet] = await Promise.all([startApiServer(), startFakeKubelet()]);
    await addRunningPod(server.client, kubelet);
    config = new KubeConfig();
    config.loadFromFile(await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]));
    core = config.makeApiClient(CoreV1Api);
  });
  after(async () => {
    kubelet?.stop();
    await server?.stop();
  });

  const configMap = (name: string, data: Record<string, string> = {}) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels: { of: "client-node" } },
    data,
  });

  it("is told the version and that the server is well", async () => {
    assert.equal((await config.makeApiClient(VersionApi).getCode()).minor, "36");
    // What it does at its start may not all be done yet.
    await eventually("the server is ready", () => new Health(config).readyz({}));
  });

  it("creates, reads, replaces, patches, lists page by page and deletes", async () => {
    for (const name of ["a", "b", "c"]) await core.createNamespacedConfigMap({ namespace, body: configMap(name) });
    const read = await core.readNamespacedConfigMap({ namespace, name: "a" });
    read.data = { k: "v" };
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: "a", body: read });
    assert.deepEqual(replaced.data, { k: "v" });
    assert.ok(replaced.metadata?.creationTimestamp instanceof Date);
    await assert.rejects(
      core.replaceNamespacedConfigMap({ namespace, name: "a", body: read }),
      (error: ApiException<string>) => error.code === 409 && /the object has been modified/.test(error.body),
    );
    const labelSelector = "of=client-node";
    const page = await core.listNamespacedConfigMap({ namespace, labelSelector, limit: 2 });
    const rest = await core.listNamespacedConfigMap({
      namespace,
      labelSelector,
      limit: 2,
      _continue: page.metadata?._continue ?? "",
    });
    assert.deepEqual(
      [...page.items, ...rest.items].map(({ metadata }) => metadata?.name),
      ["a", "b", "c"],
    );
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector });
    await assert.rejects(core.readNamespacedConfigMap({ namespace, name: "a" }), { code: 404 });
  });

  it("works on objects of any kind, and applies them server-side", async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const spec = {
      replicas: 1,
      selector: { matchLabels: { app: "x" } },
      template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "any", namespace }, spec };
    const apply = (object: object, manager: string, force = false) =>
      objects.patch(object, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
    await apply(deployment, "first");
    const scaled = { ...deployment, spec: { ...spec, replicas: 3 } };
    await assert.rejects(apply(scaled, "second"), { code: 409 });
    await apply(scaled, "second", true);
    const apps = config.makeApiClient(AppsV1Api);
    assert.equal((await apps.readNamespacedDeploymentScale({ namespace, name: "any" })).spec?.replicas, 3);
    await objects.delete(deployment);
  });

  it("works on custom objects as soon as their kind is there", async () => {
    const schema = {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { n: { type: "integer" } } } },
      },
    };
    await KubernetesObjectApi.makeApiClient(config).create({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.c.example.com" },
      spec: {
        group: "c.example.com",
        scope: "Namespaced",
        names: { plural: "gadgets", kind: "Gadget" },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    } as never);
    const custom = config.makeApiClient(CustomObjectsApi);
    const at = { group: "c.example.com", version: "v1", namespace, plural: "gadgets" };
    const body = { apiVersion: "c.example.com/v1", kind: "Gadget", metadata: { name: "g" }, spec: { n: 1 } };
    await eventually("the kind is served", () => custom.createNamespacedCustomObject({ ...at, body }).then(() => true));
    await assert.rejects(
      custom.createNamespacedCustomObject({ ...at, body: { ...body, metadata: { name: "h" }, spec: { n: "x" } } }),
      { code: 422 },
    );
  });

  it("watches, and says why a watch ends", async () => {
    const seen: string[] = [];
    const ended = Promise.withResolvers<unknown>();
    const watch = new Watch(config);
    const controller = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { fieldSelector: "metadata.name=watched" },
      (phase, object: V1ConfigMap) => seen.push(`${phase} ${object.data?.["n"]}`),
      (error) => ended.resolve(error),
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap("watched", { n: "1" }) });
    await core.replaceNamespacedConfigMap({ namespace, name: "watched", body: configMap("watched", { n: "2" }) });
    await core.deleteNamespacedConfigMap({ namespace, name: "watched" });
    await eventually("three events", async () => seen.length === 3);
    assert.deepEqual(seen, ["ADDED 1", "MODIFIED 2", "DELETED 2"]);
    controller.abort();
    await ended.promise;
  });

  it("keeps an informer's cache right, over a server that is started anew", async () => {
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: "of=client-node" });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, "of=client-node");
    let isWanted = true;
    informer.on("error", () => setTimeout(() => isWanted && void informer.start().catch(() => {}), 200));
    await core.createNamespacedConfigMap({ namespace, body: configMap("one") });
    await informer.start();
    const names = () =>
      informer
        .list()
        .map(({ metadata }) => metadata?.name)
        .sort();
    await eventually("the first object", async () => names().join() === "one");
    await core.createNamespacedConfigMap({ namespace, body: configMap("two") });
    await eventually("the second", async () => names().join() === "one,two");
    await server.processes.restart("apiserver");
    await eventually("a third, of the new server", async () => {
      await core.createNamespacedConfigMap({ namespace, body: configMap("three") }).catch(() => {});
      return names().join() === "one,three,two";
    });
    isWanted = false;
    await informer.stop();
  });

  it("runs commands, attaches and reads logs", async () => {
    const [out, stdin] = [new Sink(), new PassThrough()];
    const status = Promise.withResolvers<V1Status>();
    const command = ["sh", "-c", "cat; exit 4"];
    await new Exec(config).exec(
      namespace,
      "app-pod",
      "app-container",
      command,
      out,
      new Sink(),
      stdin,
      false,
      status.resolve,
    );
    stdin.end("spoken\n");
    assert.match((await status.promise).message ?? "", /exit status 4/);
    assert.equal(out.text, "spoken\n");

    const [attached, input] = [new Sink(), new PassThrough()];
    await new Attach(config).attach(namespace, "app-pod", "app-container", attached, new Sink(), input, false);
    input.write("hello\n");
    await eventually("the answer", async () => attached.text === "attached\ngot hello\n");

    const log = new Sink();
    await new Log(config).log(namespace, "app-pod", "app-container", log, { tailLines: 2 });
    await eventually("the log", async () => log.text === "second\nthird\n");
  });

  it("forwards ports", async () => {
    const web: HttpServer = createHttpServer((_request, response) => response.end("from the pod")).listen(
      0,
      "127.0.0.1",
    );
    await once(web, "listening");
    const { port } = web.address() as AddressInfo;
    const forward = new PortForward(config);
    const local: Server = createServer(
      (socket) => void forward.portForward(namespace, "app-pod", [port], socket, null, socket),
    );
    local.listen(0, "127.0.0.1");
    await once(local, "listening");
    const client = connect((local.address() as AddressInfo).port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n");
    let answer = "";
    client.on("data", (chunk) => {
      answer += String(chunk);
    });
    await eventually("the page", async () => answer.includes("from the pod"));
    client.destroy();
    local.close();
    web.close();
  });
});

class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
