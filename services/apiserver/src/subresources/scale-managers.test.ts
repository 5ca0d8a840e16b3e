import assert from "node:assert/strict";
import { FieldSet, type KubeObject, type ManagedFieldsEntry } from "@drydock/apimachinery";
import { managersOfObject, managersOfScale, type ScaledFields } from "./scale-managers.ts";

describe("who manages a number of replicas", () => {
  const entry = (
    manager: string,
    fieldsV1: object,
    apiVersion = "apps/v1",
    subresource?: string,
  ): ManagedFieldsEntry => ({
    manager,
    operation: "Update",
    apiVersion,
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: fieldsV1 as ManagedFieldsEntry["fieldsV1"],
    ...(subresource && { subresource }),
  });
  const fields: ScaledFields = {
    apiVersion: "apps/v1",
    replicas: FieldSet.ofPaths("spec.size"),
    isThere: (apiVersion) => apiVersion === "apps/v1",
  };
  const object = (managedFields: ManagedFieldsEntry[]) =>
    ({ apiVersion: "apps/v1", kind: "Thing", metadata: { name: "x", managedFields } }) as KubeObject;
  const creator = entry("creator", { "f:spec": { "f:color": {}, "f:size": {} } });
  const gone = entry("gone", { "f:spec": { "f:size": {} } }, "apps/v0");
  const replicas = { "f:spec": { "f:replicas": {} } };

  it("is the same for the Scale, by its own path", () => {
    const other = entry("other", { "f:spec": { "f:color": {} } });
    assert.deepEqual(managersOfScale(object([creator, other, gone]), fields), [
      entry("creator", replicas, "autoscaling/v1"),
    ]);
  });

  it("is the same for the object, once another has the Scale's", () => {
    const taken = [entry("scaler", replicas, "autoscaling/v1", "scale")];
    const { time: _, ...scaler } = entry("scaler", { "f:spec": { "f:size": {} } }, "apps/v1", "scale");
    assert.deepEqual(managersOfObject(object([creator, gone]), taken, fields), [
      scaler,
      entry("creator", { "f:spec": { "f:color": {} } }),
    ]);
    const shared = [...managersOfScale(object([creator]), fields)];
    assert.deepEqual(managersOfObject(object([creator]), shared, fields), [creator]);
  });
});
