import { runPatch, runUpdate } from "../endpoints/run-update.ts";
import { get } from "../verbs/get.ts";
import type { Subresource } from "./subresource.ts";

/** The half of an object that its controller writes. */
export const status = {
  name: "status",
  verbs: ["get", "patch", "update"],
  appliesTo: (definition) => definition.subresources?.status !== undefined,
  async run(_services, store, call) {
    if (call.verb === "update") return runUpdate(store, call);
    if (call.verb === "patch") return runPatch(store, call);
    const stored = await get(store, call.namespace, call.name, call.options.resourceVersion, call.context.signal);
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;
