import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import { validateAdminRequests, validateAdminResults } from "./admin-access.ts";

describe("devices for administrators", () => {
  const why =
    "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace";
  const labels = { "resource.kubernetes.io/admin-access": "true" };
  const claim = { requests: [{ name: "a" }, { name: "b", exactly: { deviceClassName: "c", adminAccess: true } }] };
  const results = [{ request: "b", driver: "d", pool: "p", device: "x", adminAccess: true }];

  it("are asked for where the namespace says so", () => {
    assert.deepEqual(validateAdminRequests(claim, labels), []);
    const at = "spec.devices.requests[1].adminAccess";
    assert.deepEqual(validateAdminRequests(claim, {}).map(fieldErrorMessage), [`${at}: Forbidden: ${why}`]);
  });

  it("are given where the namespace says so, and are not taken back", () => {
    const at = "status.allocation.devices.results[0].adminAccess";
    assert.deepEqual(validateAdminResults(results, undefined, {}).map(fieldErrorMessage), [`${at}: Forbidden: ${why}`]);
    assert.deepEqual(validateAdminResults(results, results, {}), []);
    assert.deepEqual(validateAdminResults(results, [], labels), []);
  });
});
