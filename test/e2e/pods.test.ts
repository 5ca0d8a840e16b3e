import assert from "node:assert/strict";
import {
  callApi,
  eventually,
  explainFailures,
  followKubectl,
  getJson,
  kubectl,
  labName,
  type PodView,
  tryKubectl,
  tryRun,
  useNamespace,
} from "./lab.ts";

const NAMESPACE = "pods";
const inNamespace = (args: string) => kubectl(`-n ${NAMESPACE} ${args}`);
const apply = (input: string) => kubectl(`apply -n ${NAMESPACE} -f -`, { input });
const pod = (name: string) => getJson<PodView>(`pod ${name} -n ${NAMESPACE}`);
/** Events are written beside what they tell of, and may come after it. */
const described = (name: string, what: RegExp) =>
  eventually(`${what} stands in ${name}'s description`, async () =>
    what.test(await inNamespace(`describe pod ${name}`)),
  );
const running = (name: string) => inNamespace(`wait --for=condition=Ready pod/${name} --timeout=60s`);

describe("pods", () => {
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  it("log, at once and as it is written", async () => {
    await kubectl([
      "run",
      "talker",
      "-n",
      NAMESPACE,
      "--image=busybox",
      "--command",
      "--",
      "sh",
      "-c",
      "echo first; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.5; done",
    ]);
    await running("talker");
    await eventually("its first word is there", async () => /^first\n/.test(await inNamespace("logs talker")));
    const follow = followKubectl(`logs -f talker --tail=1 -n ${NAMESPACE}`);
    await eventually("lines arrive", async () => (follow.output().match(/^line \d+$/gm)?.length ?? 0) >= 4).finally(
      follow.stop,
    );
    assert.match(await inNamespace("logs talker --tail=2 --timestamps"), /^(\d{4}-\d\d-\d\dT\S+Z line \d+\n){2}$/);
    const missing = await tryKubectl(`logs talker -c nobody -n ${NAMESPACE}`);
    assert.match(missing.stderr, /container nobody is not valid for pod talker/);
  });

  it("run commands given to exec, with their input, output and exit code", async () => {
    assert.equal(await inNamespace("exec talker -- echo hello"), "hello\n");
    assert.equal(await kubectl(`-n ${NAMESPACE} exec -i talker -- sort`, { input: "b\na\n" }), "a\nb\n");
    const failed = await tryKubectl(["exec", "talker", "-n", NAMESPACE, "--", "sh", "-c", "echo wrong >&2; exit 7"]);
    assert.deepEqual(
      [failed.code, failed.stderr.includes("wrong"), failed.stderr.includes("exit code 7")],
      [7, true, true],
    );
    const absent = await tryKubectl(`-n ${NAMESPACE} exec talker -- no-such-program`);
    assert.notEqual(absent.code, 0);
  });

  it("give a terminal", async () => {
    const command = `kubectl --context ${labName} exec -it talker -n ${NAMESPACE} -- sh`;
    const { stdout } = await tryRun("script", ["-qec", command, "/dev/null"], { input: "tty; stty size; exit\n" });
    assert.match(stdout, /\/dev\/pts\/\d+/);
  });

  it("read ConfigMaps, Secrets, themselves and Services from their environment and volumes", async () => {
    await inNamespace("create configmap settings --from-literal=COLOR=red --from-literal=motd=welcome");
    await inNamespace("create secret generic keys --from-literal=password=s3cret");
    await apply(`
apiVersion: v1
kind: Pod
metadata: { name: reader, labels: { team: blue } }
spec:
  restartPolicy: Never
  containers:
    - name: sh
      image: busybox
      command: [sh, -c, 'echo "$COLOR $PASSWORD $POD $NODE $GREETING $KUBERNETES_SERVICE_HOST"; cat /etc/settings/motd; echo; cat /etc/keys/password; echo; cat /etc/self/labels; echo; ls /var/run/secrets/kubernetes.io/serviceaccount; echo kept > /scratch/file; cat /scratch/file; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true']
      envFrom: [{ configMapRef: { name: settings } }]
      env:
        - { name: PASSWORD, valueFrom: { secretKeyRef: { name: keys, key: password } } }
        - { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
        - { name: GREETING, value: "hello $(POD)" }
      resources: { limits: { memory: 64Mi, cpu: 200m } }
      volumeMounts:
        - { name: settings, mountPath: /etc/settings }
        - { name: keys, mountPath: /etc/keys }
        - { name: self, mountPath: /etc/self }
        - { name: scratch, mountPath: /scratch }
  volumes:
    - { name: settings, configMap: { name: settings } }
    - { name: keys, secret: { secretName: keys } }
    - { name: self, downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }] } }
    - { name: scratch, emptyDir: {} }
`);
    await eventually("it has ended", async () => (await pod("reader")).status.phase === "Succeeded");
    const log = await inNamespace("logs reader");
    assert.match(log, /^red s3cret reader node-[123] hello reader 10\.96\.0\.1\nwelcome\ns3cret\nteam="blue"\n/);
    assert.match(log, /ca\.crt\nnamespace\ntoken\nkept\n67108864\n/);
  });

  it("run init containers first, one after the other", async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: { name: prepared }
spec:
  restartPolicy: Never
  initContainers:
    - { name: one, image: busybox, command: [sh, -c, "echo one >> /work/log"], volumeMounts: [{ name: work, mountPath: /work }] }
    - { name: two, image: busybox, command: [sh, -c, "echo two >> /work/log"], volumeMounts: [{ name: work, mountPath: /work }] }
  containers:
    - { name: main, image: busybox, command: [cat, /work/log], volumeMounts: [{ name: work, mountPath: /work }] }
  volumes: [{ name: work, emptyDir: {} }]
`);
    await eventually("it has ended", async () => (await pod("prepared")).status.phase === "Succeeded");
    assert.equal(await inNamespace("logs prepared"), "one\ntwo\n");
  });

  it("restart when a liveness probe fails, and are not ready until a readiness probe succeeds", async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: { name: probed }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: sh
      image: busybox
      command: [sh, -c, "touch /tmp/alive; sleep 3600"]
      startupProbe: { exec: { command: [test, -e, /tmp/alive] }, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 60 }
      livenessProbe: { exec: { command: [test, -e, /tmp/alive] }, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 2 }
      readinessProbe: { exec: { command: [test, -e, /tmp/ready] }, periodSeconds: 1, timeoutSeconds: 10 }
`);
    await eventually("it runs", async () => (await pod("probed")).status.phase === "Running");
    const isReadyNow = async () => (await pod("probed")).status.containerStatuses?.[0]?.ready;
    assert.equal(await isReadyNow(), false);
    await inNamespace("exec probed -- touch /tmp/ready");
    await eventually("it is ready", isReadyNow);
    await inNamespace("exec probed -- rm /tmp/alive");
    await eventually(
      "it was restarted",
      async () => (await pod("probed")).status.containerStatuses?.[0]?.restartCount === 1,
    );
    await described("probed", /Warning +Unhealthy +.*Liveness probe failed/);
    await described("probed", /Container sh failed liveness probe, will be restarted/);
  });

  it("that crash again and again are shown as such", async () => {
    await kubectl([
      "run",
      "crasher",
      "-n",
      NAMESPACE,
      "--image=busybox",
      "--command",
      "--",
      "sh",
      "-c",
      "echo goodbye; exit 1",
    ]);
    await eventually("it backs off", async () =>
      /CrashLoopBackOff/.test(await inNamespace("get pod crasher --no-headers")),
    );
    await eventually("it says how", async () => {
      const status = (await pod("crasher")).status.containerStatuses?.[0]?.state.waiting;
      return /^back-off \S+ restarting failed container=crasher pod=crasher_pods\(/.test(status?.message ?? "");
    });
    assert.equal(await inNamespace("logs crasher --previous"), "goodbye\n");
    await described("crasher", /Warning +BackOff .*Back-off restarting failed container/);
  });

  it("that fit nowhere say why", async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: { name: huge }
spec: { containers: [{ name: c, image: nginx, resources: { requests: { cpu: "1000" } } }] }
`);
    await apply(`
apiVersion: v1
kind: Pod
metadata: { name: picky }
spec: { nodeSelector: { disk: ssd }, containers: [{ name: c, image: nginx }] }
`);
    const reason = (name: string) =>
      eventually(`${name} is explained`, async () => {
        const { status } = await pod(name);
        return status.conditions?.find(({ type, reason }) => type === "PodScheduled" && reason === "Unschedulable")
          ?.message;
      });
    assert.match(await reason("huge"), /^0\/3 nodes are available: 3 Insufficient cpu\./);
    assert.match(
      await reason("picky"),
      /^0\/3 nodes are available: 3 node\(s\) didn't match Pod's node affinity\/selector\./,
    );
    await described("picky", /Warning +FailedScheduling .*0\/3 nodes are available/);
    await kubectl("label node node-3 disk=ssd");
    await running("picky").finally(() => kubectl("label node node-3 disk-"));
    assert.equal((await pod("picky")).spec.nodeName, "node-3");
  });

  it("speak to each other across nodes, and to themselves through a Service", async () => {
    const placed = (name: string, node: string, script: string) =>
      apply(`
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { run: ${name} } }
spec: { nodeName: ${node}, terminationGracePeriodSeconds: 1, containers: [{ name: sh, image: busybox, command: [sh, -c, "${script}"] }] }
`);
    await placed("server", "node-1", "mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www");
    await placed("asker", "node-2", "sleep 600");
    await running("server");
    await running("asker");
    await inNamespace("expose pod server --port=80 --target-port=8080");
    const address = (await pod("server")).status.podIP;
    const clusterIp = await inNamespace("get service server -o jsonpath={.spec.clusterIP}");
    for (const [client, url] of [
      ["asker", `http://${address}:8080`],
      ["asker", `http://${clusterIp}`],
      ["server", `http://${clusterIp}`],
    ])
      await eventually(`${client} reaches ${url}`, async () =>
        /^server$/m.test(await inNamespace(`exec ${client} -- timeout 5 wget -q -O - ${url}`)),
      );
  });

  it("know the API by their service account's token", async () => {
    const token = await inNamespace("exec asker -- cat /var/run/secrets/kubernetes.io/serviceaccount/token");
    const version = await callApi("/api", token);
    assert.equal(version.status, 200);
    const refused = await callApi(`/api/v1/namespaces/${NAMESPACE}/secrets`, token);
    assert.equal(refused.status, 403);
    assert.match(
      refused.body,
      /secrets is forbidden: User \\"system:serviceaccount:pods:default\\" cannot list resource \\"secrets\\" in API group \\"\\" in the namespace \\"pods\\"/,
    );
    const forged = await callApi("/api", `${token.slice(0, -6)}AAAAAA`);
    assert.equal(forged.status, 401);
  });
});
