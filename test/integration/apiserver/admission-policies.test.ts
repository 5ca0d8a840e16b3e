import assert from "node:assert/strict";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
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
});
