import { type ControllerDefinition, defineController, defineWatch } from "@drydock/client";
import { ipAddresses, serviceCidrs, type V1Condition, type V1ServiceCIDR } from "@drydock/kube-api";
import { FINALIZER, planServiceCidr, rangesOf } from "./plan-service-cidr.ts";
import { containsAddress } from "./ranges.ts";

/** Says of each range of cluster IPs whether addresses are given out from it, and keeps it as long as one of its addresses is in use. */
export function serviceCidr(): ControllerDefinition {
  let keysOfAddress = (_name: string): readonly string[] => [];
  let allKeys = (): readonly string[] => [];
  return defineController({
    name: "service-cidr-controller",
    primary: serviceCidrs,
    watches: [
      defineWatch({ resource: ipAddresses, keysFor: ({ metadata }) => keysOfAddress(metadata.name) }),
      // Another range may hold the addresses of one that is to go.
      defineWatch({ resource: serviceCidrs, keysFor: () => allKeys() }),
    ],
    create({ client, informers, clock }) {
      const cidrs = informers.informer(serviceCidrs).lister;
      const addresses = informers.informer(ipAddresses).lister;
      const namesOf = (all: Iterable<V1ServiceCIDR>) => [...all].map(({ metadata }) => metadata.name);
      keysOfAddress = (ip) =>
        namesOf([...cidrs.list()].filter((cidr) => rangesOf(cidr).some((range) => containsAddress(range, ip))));
      allKeys = () => namesOf(cidrs.list());
      return {
        async reconcile(key) {
          const cidr = cidrs.getByKey(key);
          if (!cidr) return undefined;
          const plan = planServiceCidr(cidr, [...cidrs.list()], [...addresses.list()], clock.nowMs());
          if (plan.kind === "nothing") return undefined;
          if (plan.kind === "wait") return { requeueAfterMs: plan.delayMs };
          if (plan.kind === "condition") {
            const now = new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, "Z");
            const condition: V1Condition = { type: "Ready", lastTransitionTime: now, ...plan.condition };
            await client.updateStatus(serviceCidrs, { ...cidr, status: { ...cidr.status, conditions: [condition] } });
            return undefined;
          }
          const others = (cidr.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
          const finalizers = plan.kind === "protect" ? [...others, FINALIZER] : others;
          await client.update(serviceCidrs, { ...cidr, metadata: { ...cidr.metadata, finalizers } });
          return undefined;
        },
      };
    },
  });
}
