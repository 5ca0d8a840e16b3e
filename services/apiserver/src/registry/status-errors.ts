import { alreadyExists, conflict, type GroupResource, type Status, StatusError } from "@drydock/apimachinery";
import type { Revision } from "../storage/storage.ts";
import { StorageError } from "../storage/storage.ts";
import type { ResourceDefinition } from "./definition.ts";

function statusError(status: Omit<Status, "apiVersion" | "kind" | "metadata" | "status">): StatusError {
  return new StatusError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", ...status });
}

/** Upstream answers a create that names a resourceVersion with an error that has no reason. */
export function resourceVersionOnCreate(): StatusError {
  return statusError({ code: 500, message: "resourceVersion should not be set on objects to be created" });
}

/** A revision that a client asked for is not there, or not yet in the caches: retry. */
export function tooLargeResourceVersion(wanted: Revision, current: Revision, retryAfterSeconds = 1): StatusError {
  return statusError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
    },
  });
}

/** The store's own guard, whose words reach the client. */
export function conflictingUid(
  resource: GroupResource,
  name: string,
  key: string,
  expected: string,
  actual: string,
): StatusError {
  const what = `Precondition failed: UID in precondition: ${expected}, UID in object meta: ${actual}`;
  const text = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${what}`;
  return conflict(resource, name, text);
}

/** Every name that the server drew for an object was taken. */
export function generateNameConflict(resource: GroupResource, name: string): StatusError {
  const { status } = alreadyExists(resource, name);
  return new StatusError({
    ...status,
    message: `${status.message}, the server was not able to generate a unique name for the object`,
    details: { ...status.details, retryAfterSeconds: 1 },
  });
}

/**
 * Anything thrown, as the Status a client sees. A store that cannot answer keeps its own words (`etcdserver: request timed
 * out`) under code 500 without a reason, which is how clients of the real server know it.
 */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StorageError) return fromStorageError(error);
  if (isAbort(error)) {
    return statusError({
      code: 504,
      reason: "Timeout",
      message: "Timeout: request did not complete within the allotted timeout",
      details: { retryAfterSeconds: 1 },
    });
  }
  return StatusError.from(error);
}

function fromStorageError(error: StorageError): StatusError {
  if (error.reason === "compacted") {
    return statusError({
      code: 410,
      reason: "Expired",
      message: "The resourceVersion for the provided list is too old.",
    });
  }
  if (error.reason === "too-large") return statusError({ code: 500, message: error.message });
  return statusError({ code: 500, message: error.message });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

/** As what upstream names an object that is not valid: the kind that is stored, where another group serves it, too. */
export function judgedKind({ group, kind, custom, conversion }: ResourceDefinition): { group: string; kind: string } {
  return custom || !conversion ? { group, kind } : { group: conversion.storageGroup, kind: conversion.storageKind };
}
