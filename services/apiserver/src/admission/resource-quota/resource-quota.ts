import { forbidden } from "@drydock/apimachinery";
import { evaluatorOf } from "@drydock/resource-usage";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionPlugin } from "../admission.ts";
import { QuotaKeeper } from "./quota-keeper.ts";

/**
 * Refuses what a namespace's quotas have no room for, and books what is let in. A write that fails afterwards stays booked until
 * the quota's controller counts again, as upstream has it. Last of all plugins: nobody may refuse what is booked.
 */
export function resourceQuota(registry: Registry): AdmissionPlugin {
  const keeper = new QuotaKeeper(registry.require("", "v1", "resourcequotas"));
  return {
    name: "ResourceQuota",
    async validate(request) {
      const { operation, definition, subresource, namespace, object, oldObject, isDryRun, context } = request;
      if (operation !== "create" && operation !== "update") return;
      if (namespace === "" || !object || !keeper.hasQuotas(namespace)) return;
      const resource = { group: definition.group, resource: definition.resource };
      const evaluator = evaluatorOf(resource);
      if (!evaluator?.concerns(operation, subresource, object, oldObject)) return;
      const refusal = await keeper.book(namespace, { evaluator, object, oldObject, nowMs: context.nowMs }, isDryRun);
      if (refusal !== undefined) throw forbidden(resource, request.name || object.metadata.name, refusal);
    },
  };
}
