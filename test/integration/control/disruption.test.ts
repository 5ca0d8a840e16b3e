import assert from "node:assert/strict";
import { StatusError } from "@drydock/apimachinery";
import {
  customResourceDefinitions,
  deployments,
  events,
  jobs,
  podDisruptionBudgets,
  pods,
  type ResourceRef,
  type V1Pod,
  type V1PodDisruptionBudgetSpec,
  type V1PodDisruptionBudgetStatus,
} from "@drydock/kube-api";
import { eventually } from "./eventually.ts";
import { playCluster } from "./played-cluster.ts";

const namespace = "careful";

describe("disruption budgets", function () {
  this.timeout(60_000);
  const played = playCluster(namespace, ["node-1"]);

  const create = (name: string, app: string, spec: V1PodDisruptionBudgetSpec) =>
    played.cluster.client.create(podDisruptionBudgets, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { namespace, name },
      spec: { selector: { matchLabels: { app } }, ...spec },
    });
  const becomes = (name: string, is: (status: V1PodDisruptionBudgetStatus) => boolean) =>
    eventually(`${name} is as it should be`, async () => {
      const { status } = await played.cluster.client.get(podDisruptionBudgets, { namespace, name });
      return status && is(status) && status;
    });
  const podsOf = async (app: string): Promise<V1Pod[]> =>
    (await played.cluster.client.list(pods, { namespace, labelSelector: `app=${app}` })).items;
  const evict = async ({ metadata }: V1Pod): Promise<number> => {
    const name = metadata.name ?? "";
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace, name } };
    try {
      await played.cluster.client.createSubresource(pods, { namespace, name }, "eviction", body);
      return 201;
    } catch (error) {
      return StatusError.from(error).code;
    }
  };

  it("let go of what can be spared, and of more when it has been replaced", async () => {
    const labels = { app: "web" };
    await played.cluster.client.create(deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name: "web" },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    await create("web", "web", { maxUnavailable: "34%" });
    const status = await becomes("web", ({ disruptionsAllowed }) => disruptionsAllowed === 2);
    assert.deepEqual([status.expectedPods, status.currentHealthy, status.desiredHealthy], [3, 3, 1]);
    const old = await podsOf("web");
    assert.deepEqual([await evict(old[0] as V1Pod), await evict(old[1] as V1Pod)], [201, 201]);
    await eventually("they are replaced", async () => {
      const names = (await podsOf("web")).map(({ metadata }) => metadata.name);
      return names.length === 3 && !old.slice(0, 2).some(({ metadata }) => names.includes(metadata.name));
    });
    await becomes("web", ({ disruptionsAllowed, disruptedPods }) => disruptionsAllowed === 2 && !disruptedPods);
  });

  it("refuse what cannot be spared", async () => {
    await create("strict", "web", { minAvailable: 3 });
    await played.cluster.client.delete(podDisruptionBudgets, { namespace, name: "web" });
    const { conditions } = await becomes("strict", ({ currentHealthy }) => currentHealthy === 3);
    assert.equal(conditions?.[0]?.reason, "InsufficientPods");
    const [pod] = await podsOf("web");
    assert.equal(await evict(pod as V1Pod), 429);
  });

  it("ask custom owners how many pods they want", async () => {
    const [group, plural] = ["ships.example.com", "fleets"];
    await played.cluster.client.create(customResourceDefinitions, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural, kind: "Fleet" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            subresources: { scale: { specReplicasPath: ".spec.hulls", statusReplicasPath: ".status.hulls" } },
          },
        ],
      },
    } as never);
    const fleets = { group, version: "v1", resource: plural, kind: "Fleet", namespaced: true } as ResourceRef<never>;
    const object = { apiVersion: `${group}/v1`, kind: "Fleet", metadata: { namespace, name: "f" }, spec: { hulls: 4 } };
    const owner = await eventually("the kind is there", () =>
      played.cluster.client.create(fleets, object as never).catch(() => undefined),
    );
    const { uid = "" } = (owner as unknown as V1Pod).metadata;
    const ownerReferences = [{ apiVersion: `${group}/v1`, kind: "Fleet", name: "f", uid, controller: true }];
    const metadata = { namespace, name: "hull", labels: { app: "fleet" }, ownerReferences };
    const spec = { containers: [{ name: "c", image: "i" }] };
    await played.cluster.client.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
    await create("fleet", "fleet", { maxUnavailable: 1 });
    const status = await becomes("fleet", ({ currentHealthy }) => currentHealthy === 1);
    assert.deepEqual([status.expectedPods, status.desiredHealthy, status.disruptionsAllowed], [4, 3, 0]);
  });

  it("allow nothing where they cannot tell", async () => {
    const template = {
      metadata: { labels: { app: "lost" } },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
    };
    await create("lost", "lost", { maxUnavailable: 1 });
    const metadata = { namespace, name: "work" };
    await played.cluster.client.create(jobs, { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template } });
    const { conditions } = await becomes("lost", (found) => found.conditions?.[0]?.reason === "SyncFailed");
    assert.equal(conditions?.[0]?.message, "jobs.batch does not implement the scale subresource");
    await eventually("the event", async () => {
      const { items } = await played.cluster.client.list(events, {
        namespace,
        fieldSelector: "involvedObject.name=lost",
      });
      return items.some(({ reason }) => reason === "CalculateExpectedPodCountFailed");
    });
  });
});
