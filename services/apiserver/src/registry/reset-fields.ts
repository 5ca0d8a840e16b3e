import { FieldSet } from "@drydock/apimachinery";
import type { ResourceDefinition } from "./definition.ts";

const statusField = FieldSet.ofPaths("status");
const specField = FieldSet.ofPaths("spec");

/** Of subresources that write some of an object, what they put back. */
const ofOthers: Readonly<Record<string, FieldSet>> = {
  approval: FieldSet.ofPaths("spec", "status.certificate"),
  finalize: statusField,
};

/** The paths that nobody comes to own by writing an object this way, since what is written there is put back. */
export function resetFieldsOf({ strategy, subresources }: ResourceDefinition, subresource: string): FieldSet {
  if (subresource === "") return strategy.resetFields ?? (subresources?.status ? statusField : FieldSet.empty);
  if (subresource === "status") return subresources?.status?.resetFields ?? specField;
  return ofOthers[subresource] ?? FieldSet.empty;
}
