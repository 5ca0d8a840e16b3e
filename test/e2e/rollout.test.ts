import assert from "node:assert/strict";
import { eventually, explainFailures, kubectl, podsOf, readyPods, tryKubectl, useNamespace } from "./lab.ts";

const NAMESPACE = "rollout";

/** As upstream advises: a moment's pause before the end, so that no Service still sends to who no longer listens. */
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: front }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front } }
    spec:
      containers:
        - name: nginx
          image: nginx:latest
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 }
          lifecycle: { preStop: { exec: { command: ["sleep", "3"] } } }
---
apiVersion: v1
kind: Service
metadata: { name: front }
spec: { selector: { app: front }, ports: [{ port: 80 }] }
`;

const inNamespace = (args: string) => kubectl(`-n ${NAMESPACE} ${args}`);
const images = async () =>
  new Set((await inNamespace("get pods -l app=front -o jsonpath={.items[*].spec.containers[0].image}")).split(" "));

const setDeadline = (progressDeadlineSeconds: number) =>
  kubectl([
    ...`patch deployment front -n ${NAMESPACE} --type=merge -p`.split(" "),
    JSON.stringify({ spec: { progressDeadlineSeconds } }),
  ]);

describe("rolling updates", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  before(async () => {
    await kubectl(`apply -n ${NAMESPACE} -f -`, { input: manifest });
    await inNamespace("rollout status deployment/front --timeout=60s");
  });

  /** What a client in the cluster saw so far, asking through the ClusterIP without a pause. */
  const clientCounts = async () => {
    const lines = (await inNamespace("logs client")).trim().split("\n");
    const failures = lines.filter((line) => !line.startsWith("ok"));
    return { total: lines.length, failures };
  };

  it("serve every request while a second image rolls out", async () => {
    const clusterIp = await inNamespace("get service front -o jsonpath={.spec.clusterIP}");
    const loop = `while :; do if out=$(timeout 5 wget -q -O - http://${clusterIp}/ 2>&1); then echo ok; else echo "failed: $out"; fi; sleep 0.02; done`;
    await kubectl([
      "run",
      "client",
      "-n",
      NAMESPACE,
      "--image=busybox",
      "--restart=Never",
      "--command",
      "--",
      "sh",
      "-c",
      loop,
    ]);
    await eventually("the client is served", async () => (await clientCounts()).total > 20);
    assert.deepEqual((await clientCounts()).failures.slice(1), [], "served before the update");
    const before = (await clientCounts()).failures.length;
    await inNamespace("set image deployment/front nginx=nginx:1.22");
    assert.match(await inNamespace("rollout status deployment/front --timeout=90s"), /successfully rolled out/);
    await eventually("the old pods are gone", async () => (await podsOf(NAMESPACE, "app=front")).length === 3);
    assert.deepEqual(await images(), new Set(["nginx:1.22"]));
    const { total, failures } = await clientCounts();
    assert.ok(total > 100, `the client asked only ${total} times`);
    assert.deepEqual(failures.slice(before), [], `of ${total} requests`);
  });

  it("are remembered and undone", async () => {
    const history = await inNamespace("rollout history deployment/front");
    assert.match(history, /^1 +\S+\n2 +\S+/m);
    assert.match(await inNamespace("rollout history deployment/front --revision=1"), /nginx:latest/);
    await inNamespace("rollout undo deployment/front");
    await inNamespace("rollout status deployment/front --timeout=90s");
    await eventually("the first image runs again", async () => {
      const now = await images();
      return now.size === 1 && now.has("nginx:latest");
    });
  });

  it("stall on a broken image, and an undo heals them", async () => {
    await setDeadline(15);
    await inNamespace("set image deployment/front nginx=nginx:no-such-tag");
    const pod = await eventually("a pod says that it cannot pull", async () =>
      (await podsOf(NAMESPACE, "app=front")).find(({ status }) =>
        /ErrImagePull|ImagePullBackOff/.test(status.containerStatuses?.[0]?.state.waiting?.reason ?? ""),
      ),
    );
    const status = await tryKubectl(`rollout status deployment/front -n ${NAMESPACE} --timeout=60s`);
    assert.notEqual(status.code, 0);
    assert.match(status.stdout + status.stderr, /exceeded its progress deadline/);
    const ready = await inNamespace("get deployment front -o jsonpath={.status.readyReplicas}");
    assert.equal(ready, "3", "the old pods serve on");
    assert.match(await inNamespace(`describe pod ${pod.metadata.name}`), /Failed to pull image "nginx:no-such-tag"/);
    await setDeadline(600);
    await inNamespace("rollout undo deployment/front");
    await inNamespace("rollout status deployment/front --timeout=60s");
    await eventually("the broken pod is gone", async () => (await podsOf(NAMESPACE, "app=front")).length === 3);
    await readyPods(NAMESPACE, "app=front", 3);
  });

  it("wait while paused", async () => {
    await inNamespace("rollout pause deployment/front");
    await inNamespace("set image deployment/front nginx=nginx:stable");
    await inNamespace("scale deployment front --replicas=4");
    await readyPods(NAMESPACE, "app=front", 4);
    assert.deepEqual(await images(), new Set(["nginx:latest"]));
    await inNamespace("rollout resume deployment/front");
    await inNamespace("rollout status deployment/front --timeout=90s");
    await eventually("the new image runs alone", async () => {
      const now = await images();
      return now.size === 1 && now.has("nginx:stable");
    });
  });
});
