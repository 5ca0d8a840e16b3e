import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  eventually,
  explainFailures,
  kubectl,
  labName,
  podsOf,
  readyPods,
  tryKubectl,
  tryRun,
  useNamespace,
} from "./lab.ts";

describe("a day's work with kubectl", () => {
  useNamespace("workflow");
  explainFailures("workflow");
  const inNamespace = (args: string) => kubectl(`-n workflow ${args}`);

  it("creates a namespace and makes it the context's", async () => {
    const directory = await mkdtemp(join(tmpdir(), "drydock-kubeconfig-"));
    try {
      const env = { KUBECONFIG: join(directory, "config") };
      const { stdout } = await tryRun("kubectl", ["config", "view", "--minify", "--flatten", "--context", labName]);
      const written = await tryRun("sh", ["-c", 'cat > "$KUBECONFIG"'], { env, input: stdout });
      assert.equal(written.code, 0);
      assert.equal(await kubectl("create namespace dev", { env }), "namespace/dev created\n");
      assert.match(await kubectl("config set-context --current --namespace=dev", { env }), /Context "\S+" modified/);
      await kubectl("create configmap here --from-literal=a=b", { env });
      assert.match(await kubectl("get configmap here -n dev -o name"), /configmap\/here/);
      await kubectl("delete namespace dev --wait", { env });
      const { stderr } = await tryKubectl("get namespace dev");
      assert.match(stderr, /Error from server \(NotFound\): namespaces "dev" not found/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("creates, exposes, scales, runs and deletes by command", async () => {
    assert.equal(await inNamespace("create deployment web --image=nginx"), "deployment.apps/web created\n");
    assert.equal(await inNamespace("expose deployment web --port=80"), "service/web exposed\n");
    await readyPods("workflow", "app=web", 1);
    assert.equal(await inNamespace("scale deployment web --replicas=3"), "deployment.apps/web scaled\n");
    await readyPods("workflow", "app=web", 3);
    await eventually("the service has three endpoints", async () => {
      const addresses = await inNamespace("get endpoints web -o jsonpath={.subsets[*].addresses[*].ip}");
      return addresses.split(" ").length === 3;
    });
    assert.equal(await inNamespace("run single --image=nginx --labels=run=single"), "pod/single created\n");
    await readyPods("workflow", "run=single", 1);
    assert.match(await inNamespace("delete pod single"), /^pod "single" deleted/);
    assert.match(
      await inNamespace("delete deployment,service web"),
      /deployment.apps "web" deleted[\s\S]*service "web" deleted/,
    );
  });

  const manifest = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: declared, labels: { tier: front } }
spec:
  replicas: 1
  selector: { matchLabels: { app: declared } }
  template:
    metadata: { labels: { app: declared } }
    spec:
      containers: [{ name: nginx, image: "${image}" }]
`;

  it("applies twice: the second time nothing changes; diff and prune follow the manifest", async () => {
    const apply = (image: string) => kubectl("apply -n workflow -f -", { input: manifest(image) });
    assert.equal(await apply("nginx:latest"), "deployment.apps/declared created\n");
    assert.equal(await apply("nginx:latest"), "deployment.apps/declared unchanged\n");
    // What the status still gains meanwhile would be a difference too.
    await inNamespace("rollout status deployment/declared --timeout=80s");
    const same = await tryKubectl("diff -n workflow -f -", { input: manifest("nginx:latest") });
    assert.deepEqual([same.code, same.stdout], [0, ""], same.stderr);
    const changed = await tryKubectl("diff -n workflow -f -", { input: manifest("nginx:1.22") });
    assert.equal(changed.code, 1, changed.stderr);
    assert.match(changed.stdout, /^-\s+- image: nginx:latest$/m);
    assert.match(changed.stdout, /^\+\s+- image: nginx:1\.22$/m);
    assert.equal(await apply("nginx:1.22"), "deployment.apps/declared configured\n");
  });

  it("edits by patches of all three types, and in an editor", async () => {
    const patch = (type: string, body: unknown) =>
      kubectl(["patch", "deployment", "declared", "-n", "workflow", "--type", type, "-p", JSON.stringify(body)]);
    await patch("strategic", {
      spec: { template: { spec: { containers: [{ name: "nginx", env: [{ name: "A", value: "1" }] }] } } },
    });
    await patch("merge", { metadata: { labels: { tier: null, edited: "yes" } } });
    await patch("json", [{ op: "replace", path: "/spec/replicas", value: 2 }]);
    const object = JSON.parse(await inNamespace("get deployment declared -o json"));
    assert.equal(
      object.spec.template.spec.containers[0].image,
      "nginx:1.22",
      "the strategic patch kept the rest of the container",
    );
    assert.deepEqual(object.spec.template.spec.containers[0].env, [{ name: "A", value: "1" }]);
    assert.deepEqual(object.metadata.labels, { edited: "yes" });
    assert.equal(object.spec.replicas, 2);
    await kubectl("edit deployment declared -n workflow", { env: { KUBE_EDITOR: "sed -i s/yes/again/" } });
    assert.equal(await inNamespace("get deployment declared -o jsonpath={.metadata.labels.edited}"), "again");
    await inNamespace("label deployment declared edited-");
    await inNamespace("annotate deployment declared note=kept");
    await inNamespace("set image deployment/declared nginx=nginx:stable");
    const later = JSON.parse(await inNamespace("get deployment declared -o json"));
    assert.equal(later.metadata.labels?.edited, undefined);
    assert.equal(later.metadata.annotations.note, "kept");
    await readyPods("workflow", "app=declared", 2);
    await inNamespace("delete deployment declared");
    await eventually("its pods are gone", async () => (await podsOf("workflow", "app=declared")).length === 0);
  });
});
