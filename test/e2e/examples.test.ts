import assert from "node:assert/strict";
import { curl, eventually, explainFailures, kubectl, nodes, podsOf, readyPods, useNamespace } from "./lab.ts";

const NAMESPACE = "examples";
const apply = (file: string) => kubectl(`apply -n ${NAMESPACE} -f examples/${file}`);

describe("the notes' own manifests", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  it("Pod app-pod runs app-container", async () => {
    assert.equal(await apply("app-pod.yaml"), "pod/app-pod created\n");
    await kubectl(`wait --for=condition=Ready pod/app-pod -n ${NAMESPACE} --timeout=60s`);
    const name = await kubectl(
      `get pod app-pod -n ${NAMESPACE} -o jsonpath={.spec.containers[0].name}:{.spec.containers[0].image}`,
    );
    assert.equal(name, "app-container:nginx:latest");
    await kubectl(`delete -n ${NAMESPACE} -f examples/app-pod.yaml`);
  });

  it("ReplicaSet my-replicaset keeps three pods", async () => {
    await apply("my-replicaset.yaml");
    await readyPods(NAMESPACE, "app=webapp", 3);
    await eventually("the ReplicaSet counts them", async () =>
      /^my-replicaset +3 +3 +3 /.test(await kubectl(`get rs my-replicaset -n ${NAMESPACE} --no-headers`)),
    );
    await kubectl(`delete -n ${NAMESPACE} -f examples/my-replicaset.yaml`);
    await eventually("its pods are gone", async () => (await podsOf(NAMESPACE, "app=webapp")).length === 0);
  });

  it("Deployment web-deployment runs three pods, on three nodes", async () => {
    await apply("web-deployment.yaml");
    await kubectl(`rollout status deployment/web-deployment -n ${NAMESPACE} --timeout=60s`);
    const pods = await readyPods(NAMESPACE, "app=webapp", 3);
    assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 3, "spread over the nodes");
  });

  it("Service nodeport-service with a targetPort nobody listens on refuses", async () => {
    await apply("nodeport-service.yaml");
    const ports = await kubectl(
      `get service nodeport-service -n ${NAMESPACE} -o jsonpath={.spec.ports[0].nodePort}:{.spec.ports[0].port}:{.spec.ports[0].targetPort}`,
    );
    assert.equal(ports, "30008:80:8080");
    const [node] = await nodes();
    await assert.rejects(curl(node?.address ?? "", 30008));
  });

  it("with targetPort 80, every node's port 30008 shows nginx's page, spread over the pods", async () => {
    await apply("nodeport-service-80.yaml");
    const all = await nodes();
    const pages = await Promise.all(
      all.map(({ address, name }) =>
        eventually(`${name} answers`, async () => {
          const { status, body } = await curl(address, 30008);
          return status === 200 && body;
        }),
      ),
    );
    for (const page of pages) assert.match(page, /<title>Welcome to nginx!<\/title>/);
    for (let round = 0; round < 20; round++)
      for (const { address } of all) assert.equal((await curl(address, 30008)).status, 200);
    const pods = await podsOf(NAMESPACE, "app=webapp");
    const served = await Promise.all(
      pods.map(
        async ({ metadata }) =>
          (await kubectl(`logs ${metadata.name} -n ${NAMESPACE}`)).match(/"GET \/ /g)?.length ?? 0,
      ),
    );
    assert.ok(
      served.every((count) => count > 5),
      `requests a pod served: ${served.join(", ")}`,
    );
  });

  it("publishes node-1's port on the host's loopback", async () => {
    assert.match((await curl("127.0.0.1", 30008)).body, /Welcome to nginx!/);
  });
});
