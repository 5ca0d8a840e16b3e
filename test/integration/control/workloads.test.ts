import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import {
  apiServices,
  clusterRoles,
  configMaps,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  events,
  leases,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  replicaSets,
  serviceAccounts,
  serviceCidrs,
  services,
  type V1ConfigMap,
  type V1Deployment,
  type V1Pod,
} from "@drydock/kube-api";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { FakeNodes } from "./fake-nodes.ts";

const NAMESPACE = "default";
const key = (name: string) => ({ namespace: NAMESPACE, name });

const ownerOf = ({ metadata: { name = "", uid = "" } }: V1ConfigMap) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name,
  uid,
  blockOwnerDeletion: true,
});

describe("control plane of real processes", function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let kubelets: FakeNodes;

  before(async () => {
    cluster = await startCluster({ nodeMonitorGracePeriod: "4s" });
    kubelets = new FakeNodes(cluster.client);
    for (const name of ["node-1", "node-2", "node-3"]) await kubelets.add(name);
    // Nodes begin with a taint; until the controllers have taken it off, pods go elsewhere.
    await eventually("all nodes take pods", async () =>
      (await cluster.client.list(nodes)).items.every(({ spec }) => !spec?.taints),
    );
  });

  after(async () => {
    kubelets?.stop();
    await cluster?.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "scheduler", "apiserver"])
      console.error(`--- ${name}\n${(await cluster.logs(name)).slice(-4000)}`);
  });

  const podsOf = async (app: string): Promise<V1Pod[]> =>
    (await cluster.client.list(pods, { namespace: NAMESPACE, labelSelector: `app=${app}` })).items;

  it("gives each node its own pod range", async () => {
    const ranges = await eventually("all nodes have ranges", async () => {
      const { items } = await cluster.client.list(nodes);
      const found = items.map(({ spec }) => spec?.podCIDR);
      return found.every(Boolean) && found;
    });
    assert.deepEqual(new Set(ranges).size, 3);
  });

  it("keeps the default service account and the root CA in every namespace", async () => {
    await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "fresh" } });
    const inFresh = { namespace: "fresh" };
    await eventually("they are there", async () => {
      await cluster.client.get(serviceAccounts, { ...inFresh, name: "default" });
      return (await cluster.client.get(configMaps, { ...inFresh, name: "kube-root-ca.crt" })).data?.["ca.crt"];
    });
    await cluster.client.delete(serviceAccounts, { ...inFresh, name: "default" });
    await eventually("the account is back", () => cluster.client.get(serviceAccounts, { ...inFresh, name: "default" }));
  });

  it("fills the aggregated roles", async () => {
    await eventually("admin has rules", async () => {
      const { rules } = await cluster.client.get(clusterRoles, { name: "admin" });
      return rules?.some(({ resources, verbs }) => resources?.includes("deployments") && verbs.includes("create"));
    });
  });

  it("runs a deployment: replica set, pods on nodes, status, events", async () => {
    await cluster.client.create(deployments, deploymentOf("web", "v1", 3));
    const { status, metadata } = await eventuallyComplete("web", 3);
    assert.equal(status?.conditions?.find(({ type }) => type === "Progressing")?.reason, "NewReplicaSetAvailable");
    assert.equal(metadata.annotations?.["deployment.kubernetes.io/revision"], "1");
    assert.equal(new Set((await podsOf("web")).map(({ spec }) => spec?.nodeName)).size, 3, "spread over the nodes");
    await eventually("the events are there", async () => {
      const { items } = await cluster.client.list(events, { namespace: NAMESPACE });
      const texts = items.map(({ message }) => message ?? "");
      return (
        texts.some((text) => /^Scaled up replica set web-\w+ from 0 to 3$/.test(text)) &&
        texts.some((text) => /^Successfully assigned default\/web-\S+ to node-\d$/.test(text))
      );
    });
  });

  it("mirrors ready pods into slices and endpoints", async () => {
    await cluster.client.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: NAMESPACE },
      spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const addresses = (await podsOf("web")).map(({ status }) => status?.podIP).sort();
    await eventually("the slice shows all", async () => {
      const { items } = await cluster.client.list(endpointSlices, {
        namespace: NAMESPACE,
        labelSelector: "kubernetes.io/service-name=web",
      });
      const found = items.flatMap((slice) => slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
      return found.sort().join() === addresses.join() && items[0]?.ports?.[0]?.port === 8080;
    });
    await eventually("the endpoints show all", async () => {
      const { subsets } = await cluster.client.get(endpoints, key("web"));
      const found = subsets?.[0]?.addresses?.map(({ ip }) => ip) ?? [];
      return found.sort().join() === addresses.join();
    });
  });

  it("mirrors Endpoints that somebody wrote for a Service without a selector", async () => {
    const written = { apiVersion: "v1", kind: "Endpoints", metadata: key("written") };
    const subsets = [{ addresses: [{ ip: "10.9.9.1" }], ports: [{ port: 5432 }] }];
    const spec = { ports: [{ port: 5432 }] };
    await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata: key("written"), spec });
    await cluster.client.create(endpoints, { ...written, subsets });
    const mirrored = async () =>
      (await cluster.client.list(endpointSlices, { namespace: NAMESPACE })).items
        .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "written")
        .flatMap((slice) => slice.endpoints ?? [])
        .map(({ addresses }) => addresses[0]);
    await eventually("a slice has the address", async () => (await mirrored()).join() === "10.9.9.1");
    const moved = { subsets: [{ ...subsets[0], addresses: [{ ip: "10.9.9.2" }] }] };
    await cluster.client.patch(endpoints, key("written"), moved, "application/merge-patch+json");
    await eventually("it follows", async () => (await mirrored()).join() === "10.9.9.2");
    await cluster.client.delete(endpoints, key("written"));
    await eventually("it is gone", async () => (await mirrored()).length === 0);
    await cluster.client.delete(services, key("written"));
  });

  it("replaces a deleted pod", async () => {
    const [victim] = await podsOf("web");
    await cluster.client.delete(pods, key(victim?.metadata.name ?? ""));
    await eventually("another one runs", async () => {
      const left = await podsOf("web");
      return left.length === 3 && left.every(({ metadata }) => metadata.uid !== victim?.metadata.uid);
    });
    await eventuallyComplete("web", 3);
  });

  it("stalls on a broken image and heals when undone", async () => {
    await setImage("web", FakeNodes.brokenImage);
    await eventually("a pod is stuck", async () =>
      (await podsOf("web")).some(({ spec }) => spec?.containers[0]?.image === FakeNodes.brokenImage),
    );
    const during = await cluster.client.get(deployments, key("web"));
    assert.equal(during.status?.availableReplicas, 3, "maxUnavailable of 25 % of 3 is none");
    await setImage("web", "v1");
    const healed = await eventuallyComplete("web", 3);
    assert.equal(healed.metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
  });

  it("scales up and down, over a restart of the controllers", async () => {
    await cluster.client.patch(deployments, key("web"), { spec: { replicas: 6 } }, "application/merge-patch+json");
    await cluster.restart("controller-manager");
    await cluster.restart("scheduler");
    await eventuallyComplete("web", 6);
    await cluster.client.patch(deployments, key("web"), { spec: { replicas: 2 } }, "application/merge-patch+json");
    await eventuallyComplete("web", 2);
  });

  it("collects what a deleted deployment owned, in background and foreground", async () => {
    await cluster.client.delete(deployments, key("web"), { propagationPolicy: "Background" });
    await eventually("all is gone", async () => (await podsOf("web")).length === 0);
    await cluster.client.create(deployments, deploymentOf("front", "v1", 2));
    await eventuallyComplete("front", 2);
    await cluster.client.delete(deployments, key("front"), { propagationPolicy: "Foreground" });
    await eventually("the deployment is gone", () => isGone(() => cluster.client.get(deployments, key("front"))));
    const left = await cluster.client.list(replicaSets, { namespace: NAMESPACE, labelSelector: "app=front" });
    assert.deepEqual([left.items.length, (await podsOf("front")).length], [0, 0], "dependents went first");
  });

  it("leaves orphans alone, and a new replica set adopts them", async () => {
    await cluster.client.create(deployments, deploymentOf("kept", "v1", 2));
    await eventuallyComplete("kept", 2);
    await cluster.client.delete(deployments, key("kept"), { propagationPolicy: "Orphan" });
    await eventually("the deployment is gone", () => isGone(() => cluster.client.get(deployments, key("kept"))));
    const [set] = (await cluster.client.list(replicaSets, { namespace: NAMESPACE, labelSelector: "app=kept" })).items;
    assert.deepEqual(set?.metadata.ownerReferences ?? [], []);
    const before = (await podsOf("kept")).map(({ metadata }) => metadata.uid).sort();
    await cluster.client.create(deployments, deploymentOf("kept", "v1", 2));
    await eventuallyComplete("kept", 2);
    assert.deepEqual((await podsOf("kept")).map(({ metadata }) => metadata.uid).sort(), before, "no pod was replaced");
    await cluster.client.delete(deployments, key("kept"), { propagationPolicy: "Background" });
  });

  it("leaves what has another owner to that one, and is not held up by a circle of owners", async () => {
    const create = async (name: string, owners: readonly V1ConfigMap[] = []) => {
      const metadata = { ...key(name), ownerReferences: owners.map(ownerOf) };
      return cluster.client.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
    };
    const exists = async (name: string) =>
      (await cluster.client.list(configMaps, { namespace: NAMESPACE })).items.some(
        ({ metadata }) => metadata.name === name,
      );
    const [going, staying] = [await create("going"), await create("staying")];
    await create("shared", [going, staying]);
    await create("only-going", [going]);
    await cluster.client.delete(configMaps, key("going"), { propagationPolicy: "Foreground" });
    await eventually("the owner and what it alone owned are gone", async () => {
      return !(await exists("going")) && !(await exists("only-going"));
    });
    const shared = await cluster.client.get(configMaps, key("shared"));
    assert.equal(shared.metadata.deletionTimestamp, undefined);
    assert.deepEqual(
      shared.metadata.ownerReferences?.map(({ name }) => name),
      ["staying"],
    );

    const first = await create("first");
    const third = await create("third", [await create("second", [first])]);
    const circle = { metadata: { ownerReferences: [ownerOf(third)] } };
    await cluster.client.patch(configMaps, key("first"), circle, "application/merge-patch+json");
    await cluster.client.delete(configMaps, key("first"), { propagationPolicy: "Foreground" });
    await eventually("none of the circle is left", async () => {
      return !(await exists("first")) && !(await exists("second")) && !(await exists("third"));
    });
  });

  it("runs a daemon set on every node and rolls it", async () => {
    const template = deploymentOf("agent", "v1", 1).spec?.template;
    await cluster.client.create(daemonSets, {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "agent", namespace: NAMESPACE },
      spec: { selector: { matchLabels: { app: "agent" } }, template: template ?? { metadata: { name: "" } } },
    });
    const ready = async () => {
      const { status, metadata } = await cluster.client.get(daemonSets, key("agent"));
      const isCurrent = status?.observedGeneration === metadata.generation;
      return isCurrent && status?.numberAvailable === 3 && status.updatedNumberScheduled === 3;
    };
    await eventually("one pod a node", ready);
    const patch = { spec: { template: { spec: { containers: [{ name: "c", image: "v2" }] } } } };
    await cluster.client.patch(daemonSets, key("agent"), patch, "application/strategic-merge-patch+json");
    await eventually("all are new", async () => {
      const images = (await podsOf("agent")).map(({ spec }) => spec?.containers[0]?.image);
      return images.length === 3 && images.every((image) => image === "v2") && ready();
    });
    await cluster.client.delete(daemonSets, key("agent"), { propagationPolicy: "Background" });
  });

  it("empties a namespace that is deleted", async () => {
    const dev = { apiVersion: "v1", kind: "Namespace", metadata: { name: "dev" } };
    await cluster.client.create(namespaces, dev);
    const web = deploymentOf("web", "v1", 2);
    await eventually("the namespace takes pods", async () => {
      await cluster.client.get(serviceAccounts, { namespace: "dev", name: "default" });
      return true;
    });
    await cluster.client.create(deployments, { ...web, metadata: { ...web.metadata, namespace: "dev" } });
    await eventually(
      "pods run",
      async () => (await cluster.client.list(pods, { namespace: "dev" })).items.length === 2,
    );
    const spec = { group: "away.example", version: "v1", groupPriorityMinimum: 100, versionPriority: 100 };
    await cluster.client.create(apiServices, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.away.example" },
      spec: { ...spec, service: { namespace: NAMESPACE, name: "nowhere" }, insecureSkipTLSVerify: true },
    });
    await cluster.client.delete(namespaces, { name: "dev" });
    await eventually("it waits for a server that is away", async () => {
      const { status } = await cluster.client.get(namespaces, { name: "dev" });
      return (
        status?.conditions?.some(({ reason, message }) => reason === "DiscoveryFailed" && /away/.test(message ?? "")) &&
        status.conditions.some(({ reason }) => reason === "ContentRemoved")
      );
    });
    await cluster.client.delete(apiServices, { name: "v1.away.example" });
    await eventually("it is gone", () => isGone(() => cluster.client.get(namespaces, { name: "dev" })));
    assert.equal((await cluster.client.list(pods, { namespace: "dev" })).items.length, 0);
  });

  it("taints a node that fell silent and moves its pods, and says so in endpoints", async () => {
    const web = deploymentOf("moving", "v1", 3);
    if (web.spec?.template.spec)
      web.spec.template.spec.tolerations = ["not-ready", "unreachable"].map((what) => ({
        key: `node.kubernetes.io/${what}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 1,
      }));
    await cluster.client.create(deployments, web);
    await eventuallyComplete("moving", 3);
    kubelets.silence("node-1");
    await eventually("the node is unknown", async () => {
      const { status, spec } = await cluster.client.get(nodes, { name: "node-1" });
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      const taints = (spec?.taints ?? []).map(({ key: taint, effect }) => `${taint}:${effect}`);
      return (
        ready?.status === "Unknown" &&
        ready.message === "Kubelet stopped posting node status." &&
        taints.includes("node.kubernetes.io/unreachable:NoExecute")
      );
    });
    await eventually("three run elsewhere", async () => {
      const alive = (await podsOf("moving")).filter(({ metadata }) => !metadata.deletionTimestamp);
      return alive.length === 3 && alive.every(({ spec }) => ["node-2", "node-3"].includes(spec?.nodeName ?? ""));
    });
    await eventuallyComplete("moving", 3);
  });

  it("removes the pods of a node that is deleted", async () => {
    const stuck = (await podsOf("moving")).filter(({ spec }) => spec?.nodeName === "node-1");
    assert.ok(stuck.length > 0, "pods of a silent node wait for its kubelet");
    await cluster.client.delete(nodes, { name: "node-1" });
    const lease = { namespace: "kube-node-lease", name: "node-1" };
    await eventually("its lease is gone", () => isGone(() => cluster.client.get(leases, lease)));
    await eventually(
      "they are gone",
      async () => (await podsOf("moving")).every(({ spec }) => spec?.nodeName !== "node-1"),
      40_000,
    );
  });

  it("explains an unschedulable pod", async () => {
    await cluster.client.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "huge", namespace: NAMESPACE },
      spec: { containers: [{ name: "c", image: "v1", resources: { requests: { cpu: "100" } } }] },
    });
    const message = await eventually("the scheduler says why", async () => {
      const { status } = await cluster.client.get(pods, key("huge"));
      return status?.conditions?.find(({ reason }) => reason === "Unschedulable")?.message;
    });
    assert.match(message, /^0\/2 nodes are available: 2 Insufficient cpu\./);
  });

  function deploymentOf(app: string, image: string, replicas: number): V1Deployment {
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: app, namespace: NAMESPACE, labels: { app } },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: {
          metadata: { name: "", labels: { app } },
          spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image }] },
        },
      },
    };
  }

  function eventuallyComplete(name: string, replicas: number): Promise<V1Deployment> {
    return eventually(`${name} has ${replicas} available replicas and no other`, async () => {
      const found = await cluster.client.get(deployments, key(name));
      const { observedGeneration = 0, availableReplicas, updatedReplicas, replicas: total } = found.status ?? {};
      const isCurrent = observedGeneration >= (found.metadata.generation ?? 0);
      return isCurrent && [availableReplicas, updatedReplicas, total].every((count) => count === replicas) && found;
    });
  }

  async function setImage(name: string, image: string): Promise<void> {
    const patch = { spec: { template: { spec: { containers: [{ name: "c", image }] } } } };
    await cluster.client.patch(deployments, key(name), patch, "application/strategic-merge-patch+json");
  }

  it("keeps a claim that is deleted until no pod uses it", async () => {
    await cluster.client.create(persistentVolumeClaims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: key("held"),
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    await cluster.client.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: key("holder"),
      spec: {
        nodeName: "node-1",
        containers: [{ name: "a", image: "i" }],
        volumes: [{ name: "v", persistentVolumeClaim: { claimName: "held" } }],
      },
    });
    await cluster.client.delete(persistentVolumeClaims, key("held"));
    const held = await cluster.client.get(persistentVolumeClaims, key("held"));
    assert.ok(held.metadata.deletionTimestamp);
    assert.deepEqual(held.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
    await cluster.client.delete(pods, key("holder"), { gracePeriodSeconds: 0 });
    await eventually("the claim is gone", async () => {
      const { items } = await cluster.client.list(persistentVolumeClaims, { namespace: NAMESPACE });
      return items.length === 0;
    });
  });

  it("keeps a range of cluster IPs as long as one of its addresses is in use", async () => {
    const cidr = { apiVersion: "networking.k8s.io/v1", kind: "ServiceCIDR", metadata: { name: "more" } };
    await cluster.client.create(serviceCidrs, { ...cidr, spec: { cidrs: ["10.66.0.0/28"] } });
    const current = () => cluster.client.get(serviceCidrs, { name: "more" });
    await eventually("it is ready", async () => (await current()).status?.conditions?.[0]?.status === "True");
    assert.deepEqual((await current()).metadata.finalizers, ["networking.k8s.io/service-cidr-finalizer"]);
    const spec = { clusterIP: "10.66.0.5", ports: [{ port: 80 }] };
    await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata: key("in-range"), spec });
    await cluster.client.delete(serviceCidrs, { name: "more" });
    const reason = async () => (await current()).status?.conditions?.[0]?.reason;
    await eventually("it says what it waits for", async () => (await reason()) === "Terminating");
    await cluster.client.delete(services, key("in-range"));
    await eventually("it is gone", () => isGone(current), 30_000);
  });
});

async function isGone(get: () => Promise<KubeObject>): Promise<boolean> {
  try {
    await get();
    return false;
  } catch (error) {
    return (error as { code?: number }).code === 404;
  }
}
