import { deepEqual } from "@drydock/apimachinery";
import type { V1FlowSchema, V1PriorityLevelConfiguration } from "@drydock/kube-api";
import { AUTO_UPDATE } from "./flow-objects.ts";

export type FlowObject = V1FlowSchema | V1PriorityLevelConfiguration;

export type FlowObjectAction =
  | { readonly kind: "create"; readonly object: FlowObject }
  | { readonly kind: "update"; readonly object: FlowObject }
  | { readonly kind: "delete"; readonly name: string };

export interface WantedObjects {
  readonly mandatory: readonly FlowObject[];
  readonly suggested: readonly FlowObject[];
}

/**
 * Keeps the server's own objects of one kind. Mandatory ones always come back; of the others, those whose annotation says `true`, or that nobody
 * has changed and that have none, follow what is wanted. What bears `true` and is wanted no longer goes.
 */
export function planFlowObjects(
  { mandatory, suggested }: WantedObjects,
  current: readonly FlowObject[],
): readonly FlowObjectAction[] {
  const found = new Map(current.map((object) => [object.metadata.name, object]));
  const names = new Set([...mandatory, ...suggested].map(({ metadata }) => metadata.name));
  return [
    ...mandatory.flatMap((wanted) => actionOf(wanted, found.get(wanted.metadata.name), true)),
    ...suggested.flatMap((wanted) => actionOf(wanted, found.get(wanted.metadata.name), false)),
    ...current
      .filter(({ metadata }) => !names.has(metadata.name) && metadata.annotations?.[AUTO_UPDATE] === "true")
      .map(({ metadata }): FlowObjectAction => ({ kind: "delete", name: metadata.name })),
  ];
}

function actionOf(wanted: FlowObject, current: FlowObject | undefined, isMandatory: boolean): FlowObjectAction[] {
  if (!current) return [{ kind: "create", object: wanted }];
  const follows = isMandatory || mayFollow(current);
  const annotation = String(follows);
  const isSame = !follows || deepEqual(current.spec, wanted.spec);
  if (isSame && current.metadata.annotations?.[AUTO_UPDATE] === annotation) return [];
  const metadata = { ...current.metadata, annotations: { ...current.metadata.annotations, [AUTO_UPDATE]: annotation } };
  return [{ kind: "update", object: { ...current, metadata, ...(follows && { spec: wanted.spec }) } as FlowObject }];
}

function mayFollow({ metadata }: FlowObject): boolean {
  const annotation = metadata.annotations?.[AUTO_UPDATE];
  if (annotation === "true" || annotation === "false") return annotation === "true";
  return metadata.generation === 1;
}
