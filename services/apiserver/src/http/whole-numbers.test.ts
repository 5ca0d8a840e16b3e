import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { decodeObject } from "./decode-body.ts";

describe("a number that should be whole", () => {
  const deployments = { group: "apps", version: "v1", kind: "Deployment", schema: "io.k8s.api.apps.v1.Deployment" };
  const decode = (replicas: string) => {
    const text = `{"metadata": {"name": "x"}, "spec": {"replicas": ${replicas}}}`;
    return decodeObject(Buffer.from(text), "application/json", deployments, "Strict", () => {});
  };

  it("is taken as digits alone", () => {
    assert.equal((decode("3") as KubeObject & { spec: { replicas: number } }).spec.replicas, 3);
    for (const text of ["3.0", "3e0", "99999999999999999999"])
      assert.throws(() => decode(text), {
        message: `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number ${text} into Go struct field DeploymentSpec.spec.replicas of type int32`,
      });
  });
});
