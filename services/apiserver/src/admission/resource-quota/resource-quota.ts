import { forbidden, StatusError } from "@drydock/apimachinery";
import { evaluatorOf, judgeLimited, type LimitedResource } from "@drydock/resource-usage";
import type { Registry } from "../../registry/registry.ts";
import type { AdmissionPlugin } from "../admission.ts";
import { QuotaKeeper } from "./quota-keeper.ts";

/**
 * Refuses what a namespace's quotas have no room for, or do not cover although it is limited, and books what is let in. A write that fails afterwards stays booked until
 * the quota's controller counts again, as upstream has it. Last of all plugins: nobody may refuse what is booked.
 */
export function resourceQuota(registry: Registry, limited: readonly LimitedResource[] = []): AdmissionPlugin {
  const keeper = new QuotaKeeper(registry.require("", "v1", "resourcequotas"));
  return {
    name: "ResourceQuota",
    async validate(request) {
      const { operation, definition, subresource, namespace, object, oldObject, isDryRun, context } = request;
      if (operation !== "create" && operation !== "update") return;
      if (namespace === "" || !object) return;
      if (limited.length === 0 && !keeper.hasQuotas(namespace)) return;
      const resource = { group: definition.group, resource: definition.resource };
      const evaluator = evaluatorOf(resource);
      if (!evaluator?.concerns(operation, subresource, object, oldObject)) return;
      const asked = { evaluator, object, oldObject, nowMs: context.nowMs };
      const verdict = judgeLimited(limited, keeper.quotasOf(namespace), asked);
      const name = request.name || object.metadata.name;
      if (verdict.kind === "names") throw forbidden(resource, name, verdict.message);
      if (verdict.kind === "scopes") throw failure(verdict.message);
      if (!keeper.hasQuotas(namespace)) return;
      const refusal = await keeper.book(namespace, asked, isDryRun);
      if (refusal !== undefined) throw forbidden(resource, name, refusal);
    },
  };
}

/** Upstream's error is of no kind here. */
function failure(message: string): StatusError {
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
}
