import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const EXAMPLES = new URL("../../../examples", import.meta.url).pathname;

describe("the examples, for the real kubectl", function () {
  this.timeout(120_000);
  let server: ApiServer;
  let kubectl: Kubectl;

  before(async () => {
    server = await startApiServer();
    const binary = findKubectls()[0];
    assert.ok(binary);
    const config = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
    kubectl = await Kubectl.create(binary, server.path("home"), config);
    // Nobody here makes service accounts; pods want one.
    await kubectl.ok("create serviceaccount default");
  });

  after(async () => server?.stop());

  it("are taken as they are, are unchanged when applied again, and go away", async () => {
    const applied = await kubectl.ok(["apply", "-f", EXAMPLES]);
    for (const name of ["pod/app-pod", "replicaset.apps/my-replicaset", "deployment.apps/web-deployment"])
      assert.match(applied, new RegExp(`^${name} created$`, "m"));
    // Both files of one Service are applied, in the order of their names: the second changes what the first made.
    assert.match(applied, /^service\/nodeport-service created\n(.*\n)*?service\/nodeport-service configured$/m);

    // The Service changes back and forth. kubectl itself finds something to send where the server turned or added what it compares by:
    // `stringData` of a Secret, volume mounts of a Pod beside which the token's stands. A selector that is replaced as a whole it always sends.
    const changing =
      /^(service\/nodeport-service|secret\/captain|pod\/settings-pod|poddisruptionbudget\.policy\/member) configured$/;
    const again = (await kubectl.ok(["apply", "-f", EXAMPLES])).trim().split("\n");
    const changed = again.filter((line) => !line.endsWith(" unchanged") && !changing.test(line));
    assert.deepEqual(changed, []);

    await kubectl.ok(["delete", "--ignore-not-found", "--wait=false", "-f", EXAMPLES]);
    assert.equal(await kubectl.ok("get replicasets,deployments,daemonsets,configmaps -o name"), "");
  });
});
