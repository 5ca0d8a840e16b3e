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

/**
 * Walks both lists side by side. Items of `config` come in its order; items that only `live` has keep their places among the shared
 * ones, as far as the two orders agree (structured-merge-diff's order of merged lists).
 */
function mergeItems(live: readonly unknown[], config: readonly unknown[], shape: TypeShape): unknown[] {
  const elementsOf = (list: readonly unknown[]) => list.map((item, index) => elementOfItem(item, shape, index));
  const [left, right] = [elementsOf(live), elementsOf(config)];
  const liveAt = new Map(left.map((element, index): [PathElement, number] => [element, index]));
  const configured = new Set(right);
  const shared = right.filter((element) => liveAt.has(element));
  const itemShape: TypeShape = shape.kind === "keyed-list" ? shape.item : { kind: "atom" };
  const merged: unknown[] = [];
  let [l, r, next] = [0, 0, 0];
  while (l < left.length || r < right.length) {
    const element = left[l];
    if (element !== undefined && !configured.has(element)) {
      merged.push(live[l++]);
      continue;
    }
    // A shared item whose turn it is not: it comes where `config` has it.
    if (element !== undefined && element !== right[r] && (element !== shared[next] || r >= right.length)) {
      l++;
      continue;
    }
    if (element === right[r]) l++;
    const wanted = right[r] as PathElement;
    const at = liveAt.get(wanted);
    merged.push(at === undefined ? deepClone(config[r]) : mergeValues(live[at], config[r], itemShape));
    if (wanted === shared[next]) next++;
    r++;
  }
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
