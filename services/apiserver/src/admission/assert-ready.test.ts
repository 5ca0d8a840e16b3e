import assert from "node:assert/strict";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionRequest } from "./admission.ts";
import { assertReady } from "./assert-ready.ts";

describe("a server that has not read its configurations", () => {
  const request = { definition: { group: "", resource: "pods" }, name: "p" } as AdmissionRequest;
  const registry = (hasSynced: boolean) => ({ ports: { feed: { hasSynced } } }) as Registry;

  it("lets nothing pass", () => {
    const refusal = { code: 403, message: 'pods "p" is forbidden: not yet ready to handle request' };
    assert.throws(() => assertReady(registry(false), request), refusal);
    assert.doesNotThrow(() => assertReady(registry(true), request));
  });
});
