import assert from "node:assert/strict";
import {
  allNodesReady,
  callApi,
  curl,
  docker,
  eventually,
  explainFailures,
  isReady,
  kill,
  kubectl,
  labName,
  nodes,
  podsOf,
  readyPods,
  start,
  useNamespace,
} from "./lab.ts";

const NAMESPACE = "healing";
const NOT_READY_LIMIT_MS = 60_000;

/** Like the notes' deployment, but it leaves a lost node after seconds, not minutes. */
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: nginx, image: nginx }]
      tolerations:
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2 }
        - { key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 2 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30009 }] }
`;

describe("self-healing", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  before(async () => {
    await kubectl(`apply -n ${NAMESPACE} -f -`, { input: manifest });
    await readyPods(NAMESPACE, "app=web", 3);
  });

  it("a killed container starts again in its pod", async () => {
    const [pod] = await podsOf(NAMESPACE, "app=web");
    assert.ok(pod);
    const id = pod.status.containerStatuses?.[0]?.containerID?.replace("docker://", "") ?? "";
    await docker.getContainer(id).kill({ signal: "SIGKILL" });
    const after = await eventually("it runs again", async () =>
      (await podsOf(NAMESPACE, "app=web")).find(
        (each) =>
          each.metadata.uid === pod.metadata.uid &&
          each.status.containerStatuses?.[0]?.restartCount === 1 &&
          isReady(each),
      ),
    );
    assert.equal(after.status.podIP, pod.status.podIP, "the pod kept its address");
  });

  it("a pod that somebody else called not ready is ready again", async () => {
    // As the node controller does while a node is silent; the kubelet's own word holds as soon as it is back.
    const [pod] = await podsOf(NAMESPACE, "app=web");
    assert.ok(pod);
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}/status`;
    const conditions = [
      { type: "Ready", status: "False" },
      { type: "example.com/Noticed", status: "True" },
    ];
    const { status, body } = await callApi(path, "admin", {
      method: "PATCH",
      contentType: "application/strategic-merge-patch+json",
      body: JSON.stringify({ status: { conditions } }),
    });
    assert.equal(status, 200, body);
    await readyPods(NAMESPACE, "app=web", 3);
    const after = (await podsOf(NAMESPACE, "app=web")).find(({ metadata }) => metadata.uid === pod.metadata.uid);
    const noticed = after?.status.conditions?.find(({ type }) => type === "example.com/Noticed");
    assert.equal(noticed?.status, "True", "and what the kubelet knows nothing about stays");
  });

  it("a deleted pod is replaced", async () => {
    const before = await podsOf(NAMESPACE, "app=web");
    const victim = before[0]?.metadata.name;
    await kubectl(`delete pod ${victim} -n ${NAMESPACE}`);
    const after = await readyPods(NAMESPACE, "app=web", 3);
    assert.ok(after.every(({ metadata }) => metadata.name !== victim));
  });

  it("a lost node is noticed, its pods move, and it comes back clean", async () => {
    const before = await readyPods(NAMESPACE, "app=web", 3);
    const lost = before.filter(({ spec }) => spec.nodeName === "node-2").map(({ metadata }) => metadata.name);
    assert.ok(lost.length > 0, "a pod ran on node-2");
    const lostAddresses = before.filter(({ spec }) => spec.nodeName === "node-2").map(({ status }) => status.podIP);
    const startedMs = performance.now();
    await kill("node-2");
    try {
      await eventually(
        "node-2 is NotReady",
        async () => (await nodes()).some(({ name, isReady }) => name === "node-2" && !isReady),
        90_000,
      );
      const noticedMs = performance.now() - startedMs;
      assert.ok(noticedMs < NOT_READY_LIMIT_MS, `NotReady after ${Math.round(noticedMs)} ms`);
      await eventually("three pods run on the other nodes", async () => {
        const running = (await podsOf(NAMESPACE, "app=web")).filter(
          (pod) => isReady(pod) && pod.spec.nodeName !== "node-2",
        );
        return running.length === 3;
      });
      await eventually("the endpoints are those pods", async () => {
        const addresses = (
          await kubectl(`get endpoints web -n ${NAMESPACE} -o jsonpath={.subsets[*].addresses[*].ip}`)
        ).split(" ");
        return addresses.length === 3 && addresses.every((address) => !lostAddresses.includes(address));
      });
      for (const { name, address } of await nodes()) {
        if (name === "node-2") continue;
        await eventually(`${name} sends to none but those`, async () => {
          for (let round = 0; round < 12; round++) if ((await curl(address, 30009)).status !== 200) return false;
          return true;
        });
      }
    } finally {
      await start("node-2");
    }
    await allNodesReady();
    await eventually("the lost pods are gone from the API", async () =>
      (await podsOf(NAMESPACE, "app=web")).every(({ metadata }) => !lost.includes(metadata.name)),
    );
    await eventually("no stray container is left", async () => (await strayContainers()).length === 0);
    await eventually("node-2 forwards again", async () => {
      const address = (await nodes()).find(({ name }) => name === "node-2")?.address ?? "";
      return (await curl(address, 30009)).status === 200;
    });
  });
});

/** Containers of this lab's pods that no pod of the API stands for. */
async function strayContainers(): Promise<string[]> {
  const uids = (await kubectl("get pods -A -o jsonpath={.items[*].metadata.uid}")).split(" ");
  const containers = await docker.listContainers({
    all: true,
    filters: JSON.stringify({ label: [`io.drydock.lab=${labName}`] }),
  });
  return containers
    .filter(({ Labels }) => !uids.includes(Labels["io.kubernetes.pod.uid"] ?? ""))
    .flatMap(({ Names }) => Names);
}
