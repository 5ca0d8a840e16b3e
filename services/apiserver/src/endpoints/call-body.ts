import { badRequest, type KubeObject } from "@drydock/apimachinery";
import type { Call, PatchDocument } from "../registry/call.ts";
import { type DeleteOptions, parseDeleteOptions } from "../registry/delete-options.ts";

/** The object a call carries; a 400 when it carries none. */
export function objectOf(call: Call): KubeObject {
  if (call.body.kind !== "object") throw badRequest("the request has no body");
  return call.body.object;
}

export function patchOf(call: Call): PatchDocument {
  if (call.body.kind !== "patch") throw badRequest("the request has no patch");
  return call.body;
}

export function deleteOptionsOf(call: Call): DeleteOptions {
  return call.body.kind === "delete" ? call.body.options : parseDeleteOptions(undefined, {});
}
