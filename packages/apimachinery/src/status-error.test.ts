import assert from "node:assert/strict";
import { fieldErrors } from "./field-error.ts";
import { FieldPath } from "./field-path.ts";
import * as errors from "./status-error.ts";

const pods = { group: "", resource: "pods" };
const deployments = { group: "apps", resource: "deployments" };

describe("status errors", () => {
  for (const [error, code, reason, message] of [
    [errors.notFound(pods, "a"), 404, "NotFound", 'pods "a" not found'],
    [errors.notFound(deployments, "a"), 404, "NotFound", 'deployments.apps "a" not found'],
    [errors.alreadyExists(pods, "a"), 409, "AlreadyExists", 'pods "a" already exists'],
    [
      errors.conflict(pods, "a", errors.optimisticLockMessage),
      409,
      "Conflict",
      'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      errors.forbidden(pods, "", 'User "x" cannot list resource'),
      403,
      "Forbidden",
      'pods is forbidden: User "x" cannot list resource',
    ],
    [errors.forbidden(pods, "a", "no"), 403, "Forbidden", 'pods "a" is forbidden: no'],
    [
      errors.methodNotSupported(pods, "put"),
      405,
      "MethodNotAllowed",
      'put is not supported on resources of kind "pods"',
    ],
    [errors.expired("too old resource version: 1 (5)"), 410, "Expired", "too old resource version: 1 (5)"],
    [
      errors.requestEntityTooLarge("limit is 3145728"),
      413,
      "RequestEntityTooLarge",
      "Request entity too large: limit is 3145728",
    ],
    [errors.genericNotFoundPath(), 404, "NotFound", "the server could not find the requested resource"],
    [errors.unauthorized(), 401, "Unauthorized", "Unauthorized"],
  ] as const) {
    it(`${code} ${message}`, () => {
      assert.equal(error.status.code, code);
      assert.equal(error.status.reason, reason);
      assert.equal(error.status.message, message);
      assert.equal(error.status.status, "Failure");
    });
  }

  it("joins field errors and keeps each as a cause", () => {
    const containers = FieldPath.of("spec").child("containers").index(0);
    const error = errors.invalid({ group: "", kind: "Pod" }, "a", [
      fieldErrors.required(containers.child("name")),
      fieldErrors.notSupported(containers.child("imagePullPolicy"), "X", ["Always", "Never"]),
      fieldErrors.invalid(FieldPath.of("data").key("k"), 5, "too big"),
      fieldErrors.tooLong(FieldPath.of("metadata", "name"), 253),
    ]);
    assert.equal(
      error.status.message,
      'Pod "a" is invalid: [spec.containers[0].name: Required value, spec.containers[0].imagePullPolicy: Unsupported value: "X": supported values: "Always", "Never", data[k]: Invalid value: 5: too big, metadata.name: Too long: may not be more than 253 bytes]',
    );
    assert.deepEqual(error.status.details?.causes?.[0], {
      reason: "FieldValueRequired",
      message: "Required value",
      field: "spec.containers[0].name",
    });
    assert.equal(error.code, 422);
  });

  it("wraps anything else as an internal error and keeps the cause", () => {
    const cause = new Error("boom");
    const error = errors.StatusError.from(cause);
    assert.equal(error.status.message, "Internal error occurred: boom");
    assert.equal(error.code, 500);
    assert.equal(error.cause, cause);
    assert.equal(errors.StatusError.from(error), error);
  });
});
