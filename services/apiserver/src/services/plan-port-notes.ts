import type { V1Service } from "@drydock/kube-api";
import { nodePortsOf } from "./plan-node-ports.ts";
import { type PortSet, rangeText } from "./port-set.ts";
import type { RepairNote } from "./repair-events.ts";

interface PortNote {
  readonly service: V1Service;
  readonly type: "repair" | "duplicate" | "outOfRange";
  readonly about: RepairNote;
}

/** What owners of Services should know of their node ports: those that nobody has noted, that others have too, or that are none. */
export function planPortNotes(services: readonly V1Service[], taken: PortSet): PortNote[] {
  const seen = new Set<number>();
  return services.flatMap((service) =>
    nodePortsOf(service.spec).flatMap((port): PortNote[] => {
      const note = (type: PortNote["type"], reason: string, text: string): PortNote[] => {
        const about = { controller: "portallocator-repair-controller", action: "PortAllocation" } as const;
        return [{ service, type, about: { ...about, reason, note: text } }];
      };
      if (!taken.contains(port))
        return note(
          "outOfRange",
          "PortOutOfRange",
          `Port ${port} is not within the port range ${rangeText(taken.range)}; please recreate service`,
        );
      if (seen.has(port))
        return note(
          "duplicate",
          "PortAlreadyAllocated",
          `Port ${port} was assigned to multiple services; please recreate service`,
        );
      seen.add(port);
      return taken.has(port) ? [] : note("repair", "PortNotAllocated", `Port ${port} is not allocated; repairing`);
    }),
  );
}
