import assert from "node:assert/strict";
import { eventually, explainFailures, kubectl, readyPods, useNamespace } from "./lab.ts";

const NAMESPACE = "ordered";
const inNamespace = (args: string) => kubectl(`-n ${NAMESPACE} ${args}`);

const manifest = `
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 2
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: c
          image: busybox
          command: [sh, -c, "hostname; exec sleep 3600"]
`;

describe("stateful sets", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  it("give pods names that stay, update them from the end, and go back", async () => {
    await kubectl(`apply -n ${NAMESPACE} -f -`, { input: manifest });
    await inNamespace("rollout status statefulset/db --timeout=60s");
    const pods = await readyPods(NAMESPACE, "app=db", 2);
    assert.deepEqual(pods.map(({ metadata }) => metadata.name).sort(), ["db-0", "db-1"]);
    await eventually("db-1 says its name", async () => (await inNamespace("logs db-1")).trim() === "db-1");

    await inNamespace("set env statefulset/db ROUND=two");
    await inNamespace("rollout status statefulset/db --timeout=60s");
    const rounds = "-o jsonpath={.items[*].spec.containers[0].env[0].value}";
    assert.equal(await inNamespace(`get pods -l app=db ${rounds}`), "two two");
    await inNamespace("rollout undo statefulset/db");
    await inNamespace("rollout status statefulset/db --timeout=60s");
    assert.equal(await inNamespace(`get pods -l app=db ${rounds}`), "");

    await inNamespace("scale statefulset/db --replicas=1");
    await eventually("db-0 is left", async () => {
      const left = await readyPods(NAMESPACE, "app=db", 1);
      return left[0]?.metadata.name === "db-0";
    });
  });
});
