import type { ResourceDefinition } from "../registry/definition.ts";
import { approval } from "./approval.ts";
import { binding } from "./binding.ts";
import { ephemeralContainers } from "./ephemeral-containers.ts";
import { eviction } from "./eviction.ts";
import { finalize } from "./finalize.ts";
import { resize } from "./resize.ts";
import { scale } from "./scale.ts";
import { status } from "./status.ts";
import type { Subresource } from "./subresource.ts";
import { token } from "./token.ts";

export const subresources: readonly Subresource[] = [
  status,
  scale,
  approval,
  binding,
  eviction,
  resize,
  ephemeralContainers,
  finalize,
  token,
];

export function findSubresource(definition: ResourceDefinition, name: string): Subresource | undefined {
  return subresources.find((candidate) => candidate.name === name && candidate.appliesTo(definition));
}
