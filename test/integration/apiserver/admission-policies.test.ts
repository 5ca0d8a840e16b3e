import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const DEPLOYMENTS =
  "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]}";
const HEAD = "apiVersion: admissionregistration.k8s.io/v1";

describe("admission policies, for the real kubectl", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubectl: Kubectl;

  before(async () => {
    server = await startApiServer();
    const binary = findKubectls()[0];
    assert.ok(binary);
    const config = await server.kubeconfig("rest", "admin", ["system:masters"]);
    kubectl = await Kubectl.create(binary, server.path("home"), config);
  });

  after(() => server?.stop());

  const apply = (text: string) => kubectl.ok("apply -f -", text);
  const deploy = (name: string, replicas: number) =>
    kubectl.run(`create deployment ${name} --image=i --replicas=${replicas}`);
  const refusal = async (text: string) => (await kubectl.run("create -f -", text)).stderr;

  it("limits by parameters of a custom kind, which are changed in passing", async () => {
    await apply(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: replicalimits.rules.example.com}
spec:
  group: rules.example.com
  scope: Namespaced
  names: {plural: replicalimits, kind: ReplicaLimit}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {maxReplicas: {type: integer}}}}`);
    await kubectl.ok("wait --for condition=Established --timeout=10s crd/replicalimits.rules.example.com");
    await apply("apiVersion: rules.example.com/v1\nkind: ReplicaLimit\nmetadata: {name: limit}\nmaxReplicas: 3");
    await apply(`${HEAD}
kind: ValidatingAdmissionPolicy
metadata: {name: replicalimit}
spec:
  paramKind: {apiVersion: rules.example.com/v1, kind: ReplicaLimit}
  ${DEPLOYMENTS}
  validations:
  - expression: object.spec.replicas <= params.maxReplicas
    messageExpression: "'at most ' + string(params.maxReplicas) + ' replicas'"
---
${HEAD}
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicalimit}
spec:
  policyName: replicalimit
  validationActions: [Deny]
  paramRef: {name: limit, parameterNotFoundAction: Deny}`);
    assert.match(
      (await deploy("many", 5)).stderr,
      /error: failed to create deployment: deployments.apps "many" is forbidden: ValidatingAdmissionPolicy 'replicalimit' with binding 'replicalimit' denied request: at most 3 replicas/,
    );
    assert.equal((await deploy("few", 3)).code, 0);
    await kubectl.ok('patch replicalimit limit --type=merge -p {"maxReplicas":9}');
    assert.equal((await deploy("many", 5)).code, 0);
    await kubectl.ok("delete validatingadmissionpolicybinding replicalimit");
    assert.equal((await deploy("most", 20)).code, 0);
  });

  it("does not take an expression that cannot be compiled", async () => {
    const text = (validation: string) =>
      `${HEAD}\nkind: ValidatingAdmissionPolicy\nmetadata: {name: broken}\nspec:\n  ${DEPLOYMENTS}\n  validations: [{expression: "${validation}"}]\n`;
    assert.match(
      await refusal(text("object.spec.replicas <=")),
      /spec.validations\[0\].expression: Invalid value: "object.spec.replicas <=": compilation failed: ERROR: <input>:1:24: Syntax error/,
    );
    assert.match(await refusal(text("object.spec.replicas")), /must evaluate to bool/);
    assert.match(await refusal(text("params.x == 1")), /undeclared reference to 'params'/);
  });

  it("tells in a policy's status what its expressions get wrong about their kinds", async () => {
    await apply(
      `${HEAD}\nkind: ValidatingAdmissionPolicy\nmetadata: {name: typo}\nspec:\n  ${DEPLOYMENTS}\n  validations: [{expression: "object.spec.replcas > 1"}]\n`,
    );
    const status = () => kubectl.ok("get validatingadmissionpolicy typo -o jsonpath={.status}");
    await eventually("types are checked", async () => (await status()).includes("observedGeneration"));
    const { observedGeneration, typeChecking } = JSON.parse(await status());
    assert.equal(observedGeneration, 1);
    assert.equal(typeChecking.expressionWarnings[0].fieldRef, "spec.validations[0].expression");
    assert.match(
      typeChecking.expressionWarnings[0].warning,
      /^apps\/v1, Kind=Deployment: ERROR: .*undefined field 'replcas'/,
    );
  });

  it("changes pods and custom objects before they are stored", async () => {
    await kubectl.ok("create serviceaccount default");
    const rules = (group: string, resource: string) =>
      `matchConstraints: {resourceRules: [{apiGroups: ["${group}"], apiVersions: [v1], operations: [CREATE], resources: [${resource}]}]}`;
    const policy = (name: string, match: string, mutation: string) => `${HEAD}
kind: MutatingAdmissionPolicy
metadata: {name: ${name}}
spec:
  ${match}
  reinvocationPolicy: IfNeeded
  mutations:
  - ${mutation}
---
${HEAD}
kind: MutatingAdmissionPolicyBinding
metadata: {name: ${name}}
spec: {policyName: ${name}}`;
    await apply(
      policy(
        "sidecar",
        rules("", "pods"),
        `patchType: ApplyConfiguration
    applyConfiguration:
      expression: >
        Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: "mesh", image: "mesh:1", restartPolicy: "Always"}]}}`,
      ),
    );
    await apply(
      policy(
        "cap",
        rules("rules.example.com", "replicalimits"),
        `patchType: JSONPatch
    jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/maxReplicas', value: 7}]"}`,
      ),
    );
    await kubectl.ok("run p --image=i");
    const pod = await kubectl.ok("get pod p -o jsonpath={.spec.initContainers[*].name}/{.spec.containers[*].name}");
    assert.equal(pod, "mesh/p");
    // A service account's token is mounted into what a policy added, too.
    const mounts = await kubectl.ok("get pod p -o jsonpath={.spec.initContainers[0].volumeMounts[*].mountPath}");
    assert.equal(mounts, "/var/run/secrets/kubernetes.io/serviceaccount");
    await kubectl.ok(
      "create -f -",
      "apiVersion: rules.example.com/v1\nkind: ReplicaLimit\nmetadata: {name: capped}\nmaxReplicas: 3",
    );
    assert.equal(await kubectl.ok("get replicalimit capped -o jsonpath={.maxReplicas}"), "7");
    await kubectl.ok("delete mutatingadmissionpolicybinding cap sidecar");
  });
});
