import type { EventsV1Event, V1Service } from "@drydock/kube-api";
import { loopbackContext } from "../bootstrap/loopback-context.ts";
import type { Registry } from "../registry/registry.ts";
import { create } from "../verbs/create.ts";

/** Something about a Service that its owner should know. */
export interface RepairNote {
  readonly controller: "ipallocator-repair-controller" | "portallocator-repair-controller";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Writes an Event about the Service; that it cannot be written is no error. */
export async function tellOwner(
  registry: Registry,
  service: V1Service,
  about: RepairNote,
  nowMs: number,
): Promise<void> {
  const { namespace = "", name, uid = "", resourceVersion = "" } = service.metadata;
  const { controller, reason, action, note } = about;
  const event: EventsV1Event = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${name}.${nowMs.toString(16)}${registry.ports.prng.integer(2 ** 24).toString(16)}`, namespace },
    eventTime: new Date(nowMs).toISOString().replace("Z", "000Z"),
    type: "Warning",
    reason,
    action,
    note,
    regarding: { apiVersion: "v1", kind: "Service", namespace, name, uid, resourceVersion },
    reportingController: controller,
    reportingInstance: controller,
  };
  const store = registry.require("events.k8s.io", "v1", "events");
  await create(store, { namespace, object: event, isDryRun: false, context: loopbackContext() }).catch(() => {});
}
