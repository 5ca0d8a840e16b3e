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

  it("has 64 bits where its type has, and is exact in all of them", () => {
    const jobs = { group: "batch", version: "v1", kind: "Job", schema: "io.k8s.api.batch.v1.Job" };
    const read = (text: string, contentType = "application/json") => {
      const body = `{"metadata": {"name": "x"}, "spec": {"activeDeadlineSeconds": ${text}}}`;
      const object = decodeObject(Buffer.from(body), contentType, jobs, "Strict", () => {});
      return (object as KubeObject & { spec: { activeDeadlineSeconds: unknown } }).spec.activeDeadlineSeconds;
    };
    assert.equal(read("9007199254740993"), 9007199254740993n);
    assert.equal(read("-9223372036854775808"), -9223372036854775808n);
    assert.equal(read("5"), 5);
    // YAML is made JSON of, whose numbers are written anew.
    assert.equal(read("1e17", "application/yaml"), 100000000000000000n);
    for (const text of ["1e17", "9223372036854775808", "-9223372036854775809"])
      assert.throws(() => read(text), { message: new RegExp(`cannot unmarshal number ${text} into`) });
  });
});
