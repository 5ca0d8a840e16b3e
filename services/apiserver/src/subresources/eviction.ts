import type { KubeObject } from "@drydock/apimachinery";
import { objectOf } from "../endpoints/call-body.ts";
import { parseDeleteOptions } from "../registry/delete-options.ts";
import { remove } from "../verbs/delete.ts";
import { success } from "../verbs/outcome.ts";
import { isResource, type Subresource } from "./subresource.ts";

/** A delete that asks politely; disruption budgets are not served yet, so it always succeeds. */
export const eviction = {
  name: "eviction",
  verbs: ["create"],
  appliesTo: (definition) => isResource(definition, "", "pods"),
  kind: { group: "policy", version: "v1", kind: "Eviction", schema: "io.k8s.api.policy.v1.Eviction" },
  async run(_services, store, call) {
    const body = objectOf(call) as KubeObject & { deleteOptions?: unknown };
    const options = parseDeleteOptions(body.deleteOptions, {});
    const isDryRun = options.dryRun || call.options.dryRun;
    await remove(store, {
      namespace: call.namespace,
      name: call.name,
      options: { ...options, dryRun: isDryRun },
      context: call.context,
    });
    return success(undefined, 201);
  },
} satisfies Subresource;
