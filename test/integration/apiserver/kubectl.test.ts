import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { events, nodes, pods } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: blue\n";
const POD = (name: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {containers: [{name: app-container, image: "nginx:latest"}]}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web-deployment}
spec:
  replicas: 3
  selector: {matchLabels: {app: webapp}}
  template:
    metadata: {labels: {app: webapp}}
    spec: {containers: [{name: nginx, image: nginx}]}
`;

/** What was deleted, without the namespace that newer clients add. */
const deletions = (output: string) =>
  output
    .trim()
    .split("\n")
    .map((line) => line.replace(/ from \S+ namespace$/, ""));

let server: ApiServer;

before(async function () {
  this.timeout(90_000);
  server = await startApiServer();
  await server.client.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
});

after(async () => server?.stop());

findKubectls().forEach((binary, index) => {
  describe(`${binary.name} against the apiserver`, function () {
    this.timeout(60_000);
    const namespace = `team-${index}`;
    let kubectl: Kubectl;
    const followers: ChildProcess[] = [];

    before(async () => {
      const kubeconfig = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
      kubectl = await Kubectl.create(binary, server.path(`home-${index}`), kubeconfig);
    });

    afterEach(() => {
      for (const child of followers.splice(0)) child.kill("SIGKILL");
    });

    /** A command that goes on, and what it has printed so far. */
    const follow = (command: string) => {
      const child = kubectl.start(command);
      const output = { text: "" };
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding("utf8").on("data", (text: string) => {
          output.text += text;
        });
      followers.push(child);
      return { child, output };
    };

    const setPodStatus = (name: string, status: object) =>
      server.client.patch(pods, { namespace, name }, { status }, "application/merge-patch+json", "status");

    it("creates a namespace and works in it from then on", async () => {
      assert.equal(await kubectl.ok(`create namespace ${namespace}`), `namespace/${namespace} created\n`);
      assert.match(await kubectl.ok(`config set-context --current --namespace=${namespace}`), /modified/);
      assert.match(await kubectl.ok("get namespaces"), new RegExp(`^${namespace} +Active +\\d+s$`, "m"));
      await kubectl.ok("create serviceaccount default");
      assert.match(await kubectl.ok("get sa"), /^default +\d+/m);
      assert.equal(
        await kubectl.fails(`create namespace ${namespace}`),
        `Error from server (AlreadyExists): namespaces "${namespace}" already exists`,
      );
    });

    it("shows nodes as a table, wide, as YAML, by path and at length", async () => {
      assert.match(await kubectl.ok("get nodes"), /^NAME +STATUS +ROLES +AGE +VERSION\s*\nnode-1 +Unknown +<none>/m);
      assert.match(
        await kubectl.ok("get nodes -o wide"),
        /INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME/,
      );
      assert.match(await kubectl.ok("get node node-1 -o yaml"), /^kind: Node$/m);
      assert.equal(await kubectl.ok("get node node-1 -o jsonpath={.metadata.name}"), "node-1");
      assert.match(await kubectl.ok("describe node node-1"), /^Name: +node-1$/m);
    });

    it("explains fields, and lists what the server offers", async () => {
      const text = await kubectl.ok("explain pod.spec.containers");
      assert.match(text, /KIND: +Pod/);
      assert.match(text, /List of containers belonging to the pod/);
      assert.match(text, /imagePullPolicy\s+<string>/);
      assert.match(await kubectl.ok("explain deployment.spec --recursive"), /maxUnavailable/);
      assert.match(await kubectl.fails("explain pod.spec.nonsense"), /field "nonsense" does not exist/);
      const resources = await kubectl.ok("api-resources");
      assert.match(resources, /^pods +po +v1 +true +Pod$/m);
      assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m);
      assert.match(await kubectl.ok("api-versions"), /^rbac\.authorization\.k8s\.io\/v1$/m);
    });

    it("says who may do what", async () => {
      assert.equal(await kubectl.ok("auth can-i create pods"), "yes\n");
      const denied = await kubectl.run("auth can-i create pods --as=jane");
      assert.deepEqual([denied.code, denied.stdout.trim().split(" ")[0]], [1, "no"]);
      assert.match(await kubectl.ok("auth can-i --list"), /^\*\.\* +\[\] +\[\] +\[\*\]$/m);
      await kubectl.ok("create role reader --verb=get,list --resource=configmaps");
      await kubectl.ok("create rolebinding jane-reads --role=reader --user=jane");
      assert.equal(await kubectl.ok("auth can-i list configmaps --as=jane"), "yes\n");
      assert.equal((await kubectl.run("auth can-i list secrets --as=jane")).code, 1);
    });

    it("creates, exposes, scales and deletes a deployment by command", async () => {
      assert.equal(await kubectl.ok("create deployment web --image=nginx"), "deployment.apps/web created\n");
      assert.equal(await kubectl.ok("expose deployment web --port=80 --target-port=8080"), "service/web exposed\n");
      assert.equal(await kubectl.ok("scale deployment web --replicas=3"), "deployment.apps/web scaled\n");
      assert.match(await kubectl.ok("get deployments"), /^web +0\/3 +0 +0 +\d+s$/m);
      assert.match(
        await kubectl.ok("get service web -o wide"),
        /^web +ClusterIP +10\.\S+ +<none> +80\/TCP +\d+s +app=web$/m,
      );
      assert.match(await kubectl.ok("set image deployment/web nginx=nginx:2"), /image updated/);
      assert.match(await kubectl.ok("describe deployment web"), /Image: +nginx:2/);
      assert.match(await kubectl.ok("describe service web"), /TargetPort: +8080\/TCP/);
      assert.match(await kubectl.ok("get all"), /^service\/web +ClusterIP/m);
      assert.match(
        await kubectl.fails("scale deployment web --replicas=4 --current-replicas=9"),
        /[Ee]xpected replicas to be 9, was 3/,
      );
      assert.deepEqual(deletions(await kubectl.ok("delete deployment,service web")), [
        'deployment.apps "web" deleted',
        'service "web" deleted',
      ]);
      assert.equal(
        await kubectl.fails("get deployment web"),
        'Error from server (NotFound): deployments.apps "web" not found',
      );
    });

    it("applies: created, unchanged, configured; and shows what would change", async () => {
      assert.equal(await kubectl.ok("apply -f -", DEPLOYMENT), "deployment.apps/web-deployment created\n");
      assert.equal(await kubectl.ok("apply -f -", DEPLOYMENT), "deployment.apps/web-deployment unchanged\n");
      assert.equal((await kubectl.run("diff -f -", DEPLOYMENT)).code, 0);
      const changed = DEPLOYMENT.replace("replicas: 3", "replicas: 5");
      const difference = await kubectl.run("diff -f -", changed);
      assert.equal(difference.code, 1, difference.stderr);
      assert.match(difference.stdout, /^-\s+replicas: 3\n\+\s+replicas: 5$/m);
      const read = (path: string) => kubectl.ok(`get deployment web-deployment -o jsonpath={${path}}`);
      assert.equal(await read(".spec.replicas"), "3");
      assert.equal(
        await kubectl.ok("apply -f - --dry-run=server", changed),
        "deployment.apps/web-deployment configured (server dry run)\n",
      );
      assert.equal(await read(".spec.replicas"), "3");
      assert.equal(await kubectl.ok("apply -f -", changed), "deployment.apps/web-deployment configured\n");
      assert.equal(await read(".spec.replicas"), "5");
      assert.equal(await read(".metadata.generation"), "2");
    });

    it("applies a list with its keys: what left the manifest leaves the object", async () => {
      const service = (ports: string) =>
        `apiVersion: v1\nkind: Service\nmetadata: {name: ports}\nspec: {selector: {app: x}, ports: [${ports}]}\n`;
      const http = "{name: http, port: 80}";
      const metrics = "{name: metrics, port: 9090}";
      await kubectl.ok("apply -f -", service(`${http}, ${metrics}`));
      await kubectl.ok("apply -f -", service(`${metrics}, {name: admin, port: 81}`));
      assert.equal(await kubectl.ok("get svc ports -o jsonpath={.spec.ports[*].name}"), "metrics admin");
    });

    it("patches in three ways, labels and annotates", async () => {
      await kubectl.ok("apply -f -", CONFIG_MAP);
      const patch = (type: string, text: string) =>
        kubectl.ok(["patch", "configmap", "settings", "--type", type, "-p", text]);
      assert.equal(await patch("strategic", '{"data":{"size":"1"}}'), "configmap/settings patched\n");
      assert.equal(await patch("merge", '{"data":{"color":null}}'), "configmap/settings patched\n");
      assert.equal(
        await patch("json", '[{"op":"add","path":"/data/shape","value":"round"}]'),
        "configmap/settings patched\n",
      );
      assert.equal(await patch("merge", '{"data":{"size":"1"}}'), "configmap/settings patched (no change)\n");
      assert.equal(await kubectl.ok("get cm settings -o jsonpath={.data.size}{.data.shape}{.data.color}"), "1round");
      assert.equal(await kubectl.ok("label configmap settings tier=front"), "configmap/settings labeled\n");
      assert.match(await kubectl.fails("label configmap settings tier=back"), /'tier' already has a value/);
      assert.match(await kubectl.ok("annotate configmap settings note=hello"), /^configmap\/settings annotated?$/m);
      assert.match(await kubectl.ok("get configmaps -l tier=front --show-labels"), /settings .*tier=front/);
      await kubectl.ok("label configmap settings tier-");
      assert.equal(await kubectl.ok("get configmaps -l tier -o name"), "");
    });

    it("edits through an editor, and replaces", async () => {
      await kubectl.ok("apply -f -", CONFIG_MAP);
      const editor = { KUBE_EDITOR: "sed -i s/blue/green/" };
      assert.match(await kubectl.ok("edit configmap settings", "", editor), /configmap\/settings edited/);
      assert.equal(await kubectl.ok("get cm settings -o jsonpath={.data.color}"), "green");
      assert.equal(
        await kubectl.ok("replace -f -", CONFIG_MAP.replace("blue", "red")),
        "configmap/settings replaced\n",
      );
      assert.equal(await kubectl.ok("get cm settings -o jsonpath={.data.color}"), "red");
      assert.deepEqual(deletions(await kubectl.ok("delete -f -", CONFIG_MAP)), ['configmap "settings" deleted']);
    });

    it("selects by field, and tells which fields there are not", async () => {
      await kubectl.ok("create configmap one --from-literal=a=b");
      await kubectl.ok("create secret generic two --from-literal=a=b");
      assert.equal(await kubectl.ok("get configmaps --field-selector metadata.name=one -o name"), "configmap/one\n");
      assert.equal(await kubectl.ok("get secrets --field-selector type=Opaque -o name"), "secret/two\n");
      assert.equal(await kubectl.ok("get secrets --field-selector type!=Opaque -o name"), "");
      assert.match(
        await kubectl.fails("get configmaps --field-selector data.a=b"),
        /Unable to find .*"data\.a" is not a known field selector/,
      );
    });

    it("watches: a row for each change, until it is gone", async () => {
      const { output } = follow("get pods -w");
      // The watch begins after its list: only rows of the first pod show that it has.
      await kubectl.ok("create -f -", POD("first"));
      await eventually("the watch shows the first pod", async () => /^first +0\/1 +Pending/m.test(output.text));
      await setPodStatus("first", {
        phase: "Running",
        containerStatuses: [
          { name: "app-container", ready: true, restartCount: 0, image: "nginx", imageID: "", state: { running: {} } },
        ],
      });
      await eventually("it shows it running", async () => /^first +1\/1 +Running +0/m.test(output.text));
      await kubectl.ok("delete pod first --grace-period=0 --force");
      assert.equal(await kubectl.ok("get pods -o name"), "");
    });

    it("waits for a condition and for an end", async () => {
      await kubectl.ok("create -f -", POD("late"));
      const ready = follow("wait --for=condition=Ready pod/late --timeout=50s");
      const exit = once(ready.child, "close");
      await setPodStatus("late", { conditions: [{ type: "Ready", status: "True" }] });
      assert.deepEqual([(await exit)[0], ready.output.text], [0, "pod/late condition met\n"]);
      // It must have seen the pod before that goes: its log tells.
      const gone = follow("wait --for=delete pod/late --timeout=50s -v=6");
      const end = once(gone.child, "close");
      await eventually("it has read the pod", async () =>
        /GET \S+\/pods\/late\S* 200 OK|pods\/late" status="200 OK"/.test(gone.output.text),
      );
      await kubectl.ok("delete pod late --grace-period=0 --force --wait=false");
      assert.equal((await end)[0], 0, gone.output.text);
    });

    it("describes a pod with its events", async () => {
      await kubectl.ok("create -f -", POD("app-pod"));
      const { metadata } = await server.client.get(pods, { namespace, name: "app-pod" });
      const now = new Date().toISOString().replace(/\.\d+/, "");
      await server.client.create(events, {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "app-pod.1", namespace },
        involvedObject: { apiVersion: "v1", kind: "Pod", name: "app-pod", namespace, uid: metadata.uid ?? "" },
        type: "Warning",
        reason: "FailedScheduling",
        message: "0/1 nodes are available",
        source: { component: "default-scheduler" },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      });
      const text = await kubectl.ok("describe pod app-pod");
      assert.match(text, /^ {2}app-container:\n(.*\n)*? +Image: +nginx:latest$/m);
      assert.match(text, /Warning +FailedScheduling +\S+ +default-scheduler +0\/1 nodes are available/);
      assert.match(await kubectl.ok("get events"), /Warning +FailedScheduling +pod\/app-pod +0\/1 nodes are available/);
      assert.match(await kubectl.ok("get pods -A"), new RegExp(`^${namespace} +app-pod +0/1 +Pending +0 +\\d+`, "m"));
      assert.match(await kubectl.ok("get pods -o wide"), /NODE +NOMINATED NODE +READINESS GATES/);
    });

    it("cordons, taints and uncordons a node", async () => {
      assert.equal(await kubectl.ok("cordon node-1"), "node/node-1 cordoned\n");
      assert.match(await kubectl.ok("get nodes"), /SchedulingDisabled/);
      assert.equal(await kubectl.ok("uncordon node-1"), "node/node-1 uncordoned\n");
      assert.equal(await kubectl.ok("taint node node-1 key=value:NoSchedule"), "node/node-1 tainted\n");
      assert.match(await kubectl.ok("describe node node-1"), /key=value:NoSchedule/);
      assert.equal(await kubectl.ok("taint node node-1 key-"), "node/node-1 untainted\n");
    });

    it("waits with a deletion until the finalizers are done", async () => {
      await kubectl.ok("create configmap held");
      await kubectl.ok([
        "patch",
        "cm",
        "held",
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":["example.com/hold"]}}',
      ]);
      const deletion = follow("delete configmap held");
      const exit = once(deletion.child, "close");
      await eventually(
        "it is being deleted",
        async () => (await kubectl.ok("get cm held -o jsonpath={.metadata.deletionTimestamp}")) !== "",
      );
      assert.equal(deletion.child.exitCode, null);
      await kubectl.ok(["patch", "cm", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
      assert.equal((await exit)[0], 0, deletion.output.text);
    });

    it("tries out without doing: --dry-run=server", async () => {
      assert.equal(
        await kubectl.ok("create configmap nothing --dry-run=server"),
        "configmap/nothing created (server dry run)\n",
      );
      assert.equal(
        await kubectl.fails("get configmap nothing"),
        'Error from server (NotFound): configmaps "nothing" not found',
      );
    });

    it("reads paths that are no resources", async () => {
      assert.equal(await kubectl.ok("get --raw /healthz"), "ok");
      assert.match(await kubectl.ok("get --raw /readyz?verbose"), /^\[\+\]etcd ok$/m);
      assert.match(await kubectl.ok("get --raw /version"), /"minor": ?"36"/);
    });

    it("deletes all of a kind", async () => {
      assert.match(await kubectl.ok("delete pods --all --grace-period=0 --force"), /pod "app-pod" (force )?deleted/);
      assert.equal(await kubectl.ok("get pods -o name"), "");
    });
  });
});
