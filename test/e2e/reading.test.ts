import assert from "node:assert/strict";
import { eventually, followKubectl, kubectl, nodes, tryKubectl, useNamespace } from "./lab.ts";

const heldPod = `
apiVersion: v1
kind: Pod
metadata: { name: held }
spec: { schedulingGates: [{ name: example.com/held }], containers: [{ name: c, image: nginx }] }
`;

describe("reading with kubectl", () => {
  useNamespace("reading");

  it("shows three ready nodes with addresses, versions and roles", async () => {
    const table = await kubectl("get nodes -o wide --no-headers");
    const lines = table.trim().split("\n");
    assert.equal(lines.length, 3, table);
    for (const [index, line] of lines.entries()) {
      assert.match(
        line,
        new RegExp(`^node-${index + 1} +Ready +\\S+ +\\S+ +v1\\.36\\.\\d+ +\\d+\\.\\d+\\.\\d+\\.1${index + 1} `),
      );
      assert.match(line, /docker:\/\//);
    }
    const all = await nodes();
    assert.ok(all.every((node) => node.isReady));
  });

  it("lists pods everywhere, wide, as YAML, and watches", async () => {
    // A pod that stays as it is tells when the watch has begun.
    await kubectl("apply -n reading -f -", { input: heldPod });
    const watch = followKubectl("get pods -n reading -w");
    await eventually("the watch has begun", async () => /held +0\/1/.test(watch.output()));
    await kubectl("run seen --image=nginx -n reading");
    await kubectl("wait --for=condition=Ready pod/seen -n reading --timeout=60s");
    assert.match(
      await kubectl("get pods -A"),
      /NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE[\s\S]*reading +seen +1\/1 +Running/,
    );
    assert.match(
      await kubectl("get pods -n reading -o wide"),
      /seen +1\/1 +Running +0 +\S+ +10\.244\.\d+\.\d+ +node-[123] /,
    );
    const yaml = await kubectl("get pod seen -n reading -o yaml");
    assert.match(yaml, /^apiVersion: v1\nkind: Pod\n/);
    assert.match(yaml, /^ {2}phase: Running$/m);
    await eventually("the watch shows it running", async () =>
      /seen +0\/1 +Pending[\s\S]*seen +1\/1 +Running/.test(watch.output()),
    ).finally(watch.stop);
  });

  it("describes nodes and pods with events", async () => {
    await eventually("the pod's start is among the events", async () =>
      /Normal +Started/.test(await kubectl("describe pod seen -n reading")),
    );
    const pod = await kubectl("describe pod seen -n reading");
    for (const expected of [/^Node: +node-[123]\/\d/m, /^Status: +Running/m, /Normal +Scheduled/])
      assert.match(pod, expected);
    const node = await kubectl("describe node node-1");
    for (const expected of [
      /^PodCIDR: +10\.244\.\d+\.0\/24/m,
      /Ready +True .* KubeletReady/,
      /^Allocatable:/m,
      /^Allocated resources:/m,
    ])
      assert.match(node, expected);
  });

  it("explains fields", async () => {
    const text = await kubectl("explain pod.spec.containers");
    assert.match(text, /^KIND: +Pod$/m);
    assert.match(text, /^VERSION: +v1$/m);
    assert.match(text, /imagePullPolicy\s+<string>/);
    assert.match(text, /volumeMounts\s+<\[\](Object|VolumeMount)>/);
  });

  it("lists resources and versions of the API", async () => {
    const table = await kubectl("api-resources");
    for (const expected of [
      /^pods +po +v1 +true +Pod$/m,
      /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      /^clusterroles +rbac\.authorization\.k8s\.io\/v1 +false +ClusterRole$/m,
      /^endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice$/m,
    ])
      assert.match(table, expected);
    assert.match(await kubectl("api-versions"), /^apps\/v1$/m);
    assert.match(await kubectl("version"), /Server Version/);
    assert.match(await kubectl("cluster-info"), /Kubernetes control plane/);
  });

  it("answers who may do what", async () => {
    assert.equal((await kubectl("auth can-i delete nodes")).trim(), "yes");
    const refused = await tryKubectl("auth can-i delete nodes --as=system:serviceaccount:reading:default");
    assert.equal(refused.stdout.trim().split(" ")[0], "no");
    assert.match(
      await kubectl("auth can-i --list --as=system:serviceaccount:reading:default"),
      /selfsubjectaccessreviews\.authorization\.k8s\.io/,
    );
  });

  it("reads what nodes tell of themselves", async () => {
    const raw = (path: string) => kubectl(`get --raw /api/v1/nodes/node-1/proxy/${path}`);
    assert.equal(await raw("healthz"), "ok");
    assert.match(await raw("metrics/resource"), /^node_cpu_usage_seconds_total \d/m);
    const summary = JSON.parse(await raw("stats/summary")) as { pods: { containers: { memory: object }[] }[] };
    assert.ok(summary.pods.every(({ containers }) => containers.length > 0));
    const where = await kubectl("get pod seen -n reading -o jsonpath={.spec.nodeName}");
    const usage = await kubectl(`get --raw /api/v1/nodes/${where}/proxy/metrics/resource`);
    assert.match(usage, /container_memory_working_set_bytes\{container="seen",namespace="reading",pod="seen"\} [1-9]/);
  });
});
