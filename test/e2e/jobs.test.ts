import assert from "node:assert/strict";
import { eventually, explainFailures, getJson, kubectl, readyPods, tryKubectl, useNamespace } from "./lab.ts";

const NAMESPACE = "jobs";
const inNamespace = (args: string) => kubectl(`-n ${NAMESPACE} ${args}`);
const apply = (manifest: string) => kubectl(`apply -n ${NAMESPACE} -f -`, { input: manifest });

const podSpec = (script: string) => `
    spec:
      restartPolicy: Never
      containers: [{ name: c, image: busybox, command: [sh, -c, ${JSON.stringify(script)}] }]
`;

describe("jobs", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  it("run their pods to the end", async () => {
    await apply(`
apiVersion: batch/v1
kind: Job
metadata: { name: thrice }
spec:
  completions: 3
  parallelism: 3
  template:${podSpec("echo done")}`);
    await inNamespace("wait --for=condition=complete job/thrice --timeout=80s");
    const listed = await inNamespace("get job thrice --no-headers");
    assert.match(listed, /^thrice\s+Complete\s+3\/3\s/);
    const output = await inNamespace("logs -l batch.kubernetes.io/job-name=thrice");
    assert.equal(output.trim(), "done\ndone\ndone");
  });

  it("tell each pod its index", async () => {
    await apply(`
apiVersion: batch/v1
kind: Job
metadata: { name: shards }
spec:
  completions: 2
  parallelism: 2
  completionMode: Indexed
  template:${podSpec("echo $JOB_COMPLETION_INDEX at $(hostname)")}`);
    await inNamespace("wait --for=condition=complete job/shards --timeout=80s");
    assert.equal(await inNamespace("get job shards -o jsonpath={.status.completedIndexes}"), "0,1");
    const output = await inNamespace("logs -l batch.kubernetes.io/job-name=shards");
    assert.deepEqual(output.trim().split("\n").sort(), ["0 at shards-0", "1 at shards-1"]);
  });

  it("fail when they may fail no more", async () => {
    await apply(`
apiVersion: batch/v1
kind: Job
metadata: { name: hopeless }
spec:
  backoffLimit: 0
  template:${podSpec("exit 3")}`);
    await inNamespace("wait --for=condition=failed job/hopeless --timeout=80s");
    await eventually("an event says why", async () => {
      const { items } = await getJson<{ items: { reason: string }[] }>(
        `events -n ${NAMESPACE} --field-selector involvedObject.kind=Job,involvedObject.name=hopeless`,
      );
      return items.some(({ reason }) => reason === "BackoffLimitExceeded");
    });
  });

  it("replace a pod that was deleted only when it has ended, if they should", async () => {
    await apply(`
apiVersion: batch/v1
kind: Job
metadata: { name: patient }
spec:
  podReplacementPolicy: Failed
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 2
      containers: [{ name: c, image: busybox, command: [sleep, "3600"] }]`);
    const selector = "batch.kubernetes.io/job-name=patient";
    const [pod] = await readyPods(NAMESPACE, selector, 1);
    await inNamespace(`delete pod ${pod?.metadata.name} --wait=false`);
    await eventually("another runs", async () => {
      const [other, ...more] = await readyPods(NAMESPACE, selector, 1);
      return more.length === 0 && other?.metadata.name !== pod?.metadata.name;
    });
    await eventually("the end is counted", async () => {
      const counted = await inNamespace("get job patient -o jsonpath={.status.failed},{.status.active}");
      return counted === "1,1";
    });
  });

  it("are made from cron jobs by hand", async () => {
    await apply(`
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec:
  schedule: "0 3 * * *"
  timeZone: Europe/Berlin
  jobTemplate:
    spec:
      template:${podSpec("echo by hand").replaceAll("\n", "\n    ")}`);
    await inNamespace("create job --from=cronjob/nightly once");
    await inNamespace("wait --for=condition=complete job/once --timeout=80s");
    assert.equal((await inNamespace("logs job/once")).trim(), "by hand");
  });
});

describe("draining a node", () => {
  const namespace = "guarded";
  useNamespace(namespace);
  explainFailures(namespace);
  let node = "";
  after(async () => {
    if (node) await tryKubectl(`uncordon ${node}`);
  });

  it("waits for the budgets of its pods", async () => {
    const manifest = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: all }
spec: { minAvailable: 1, selector: { matchLabels: { app: guarded } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: guarded }
spec:
  selector: { matchLabels: { app: guarded } }
  template:
    metadata: { labels: { app: guarded } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: c, image: busybox, command: [sleep, "3600"] }]
`;
    await kubectl(`apply -n ${namespace} -f -`, { input: manifest });
    const [pod] = await readyPods(namespace, "app=guarded", 1);
    node = pod?.spec.nodeName ?? "";
    const drain = `drain ${node} --pod-selector=app=guarded --ignore-daemonsets --timeout=`;
    const refused = await tryKubectl(`${drain}3s`);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
    // A second pod elsewhere makes the first one dispensable.
    await kubectl(`scale -n ${namespace} deployment/guarded --replicas=2`);
    await readyPods(namespace, "app=guarded", 2);
    await kubectl(`${drain}80s`);
    await eventually("both run elsewhere", async () => {
      const pods = await readyPods(namespace, "app=guarded", 2);
      return pods.every(({ spec }) => spec.nodeName !== node);
    });
  });
});
