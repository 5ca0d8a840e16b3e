import { deepClone, setOwn } from "../deep.ts";
import type { FieldSet } from "./field-set.ts";
import { elementOfItem, fieldElement, isRecord, type PathElement, partsOf, shapeOfField } from "./path-element.ts";
import type { TypeShape } from "./type-shape.ts";

/** `live` with everything that `config` sets. Items that both have stand in the order of `config`, others keep their places. */
export function mergeValues(live: unknown, config: unknown, shape: TypeShape): unknown {
  if (live === undefined || live === null || config === null || !partsOf(config, shape)) return deepClone(config);
  if (isRecord(config)) return isRecord(live) ? mergeFields(live, config, shape) : deepClone(config);
  return Array.isArray(live) ? mergeItems(live, config as readonly unknown[], shape) : deepClone(config);
}

function mergeFields(live: Record<string, unknown>, config: Record<string, unknown>, shape: TypeShape): unknown {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(live)) setOwn(merged, name, value);
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    setOwn(merged, name, mergeValues(live[name], value, shapeOfField(shape, name)));
  }
  return merged;
}

function mergeItems(live: readonly unknown[], config: readonly unknown[], shape: TypeShape): unknown[] {
  const elementsOf = (list: readonly unknown[]) => list.map((item, index) => elementOfItem(item, shape, index));
  const [liveElements, configElements] = [elementsOf(live), elementsOf(config)];
  const isLive = new Map(liveElements.map((element, index): [PathElement, number] => [element, index]));
  const isConfigured = new Set(configElements);
  const itemShape: TypeShape = shape.kind === "keyed-list" ? shape.item : { kind: "atom" };
  const merged: unknown[] = [];
  let at = 0;
  const keepLive = () => {
    for (; at < live.length && !isConfigured.has(liveElements[at] as PathElement); at++) merged.push(live[at]);
  };
  for (const [index, item] of config.entries()) {
    const shared = isLive.get(configElements[index] as PathElement);
    keepLive();
    merged.push(shared === undefined ? deepClone(item) : mergeValues(live[shared], item, itemShape));
    if (shared !== undefined) at++;
  }
  for (; at < live.length; at++) if (!isConfigured.has(liveElements[at] as PathElement)) merged.push(live[at]);
  return merged;
}

/** `value` without these members and all below them. What is not touched is shared with `value`. */
export function removeFields(value: unknown, removed: FieldSet, shape: TypeShape): unknown {
  if (removed.isEmpty) return value;
  if (Array.isArray(value)) {
    const itemShape: TypeShape = shape.kind === "keyed-list" ? shape.item : { kind: "atom" };
    return value.flatMap((item, index) => {
      const element = elementOfItem(item, shape, index);
      return removed.members.has(element) ? [] : [removeFields(item, removed.child(element), itemShape)];
    });
  }
  if (!isRecord(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const element = fieldElement(name);
    if (removed.members.has(element)) continue;
    setOwn(kept, name, removeFields(item, removed.child(element), shapeOfField(shape, name)));
  }
  return kept;
}
