import { type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { clusterRoles } from "@drydock/kube-api";
import { planRules } from "./plan-rules.ts";

/** Fills roles that have an aggregation rule (`admin`, `edit`, `view`) from the roles they select. */
export function clusterRoleAggregation(): ControllerDefinition {
  let aggregated = (): string[] => [];
  return defineController({
    name: "clusterrole-aggregation-controller",
    primary: clusterRoles,
    // Any role may be a source, before and after its labels change.
    watches: [defineWatch({ resource: clusterRoles, keysFor: () => aggregated() })],
    create({ client, informers }) {
      const { lister } = informers.informer(clusterRoles);
      aggregated = () =>
        lister
          .list()
          .filter((role) => role.aggregationRule)
          .map(({ metadata }) => metadata.name);
      return {
        async reconcile(name) {
          const role = lister.getByKey(name);
          if (!role?.aggregationRule) return undefined;
          const rules = planRules(role, lister.list());
          if (rules) await client.update(clusterRoles, { ...role, rules });
          return undefined;
        },
      };
    },
  });
}
