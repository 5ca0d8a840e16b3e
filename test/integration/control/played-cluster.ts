import { namespaces } from "@drydock/kube-api";
import { type Cluster, startCluster } from "./cluster.ts";
import { FakeNodes } from "./fake-nodes.ts";

/** There from the first test on. */
export interface PlayedCluster {
  cluster: Cluster;
  kubelets: FakeNodes;
}

/** A cluster whose nodes are played, with a namespace, for the tests of one `describe`. When one of them fails, the last words of its processes are told. */
export function playCluster(namespace: string, nodes: readonly string[]): PlayedCluster {
  const played = {} as PlayedCluster;
  before(async () => {
    played.cluster = await startCluster();
    const { client } = played.cluster;
    played.kubelets = new FakeNodes(client);
    for (const name of nodes) await played.kubelets.add(name);
    await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  });
  after(async () => {
    played.kubelets?.stop();
    await played.cluster?.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    for (const name of ["controller-manager", "apiserver"])
      console.error(`--- ${name}\n${(await played.cluster.logs(name)).slice(-4000)}`);
  });
  return played;
}
