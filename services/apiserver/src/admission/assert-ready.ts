import { forbidden } from "@drydock/apimachinery";
import type { Registry } from "../registry/registry.ts";
import type { AdmissionRequest } from "./admission.ts";

/** A server that has not read the configurations yet cannot know whom to ask, and lets nothing pass. */
export function assertReady({ ports }: Registry, { definition, name }: AdmissionRequest): void {
  if (ports.feed.hasSynced) return;
  const { group, resource } = definition;
  throw forbidden({ group, resource }, name, "not yet ready to handle request");
}
