import { deepEqual } from "../deep.ts";
import { type FieldSet, FieldSetBuilder } from "./field-set.ts";
import { isRecord, type Part, type PathElement, partsOf } from "./path-element.ts";
import type { TypeShape } from "./type-shape.ts";

/** The paths that a configuration sets: what its applier will own. */
export function fieldsOfValue(value: unknown, shape: TypeShape): FieldSet {
  const set = new FieldSetBuilder();
  addParts(set, partsOf(value, shape) ?? new Map());
  return set.build();
}

function addParts(set: FieldSetBuilder, parts: ReadonlyMap<PathElement, Part>): void {
  for (const [element, part] of parts) {
    const below = partsOf(part.value, part.shape);
    // Items of lists are owned beside what is in them; maps and structs only by what is in them.
    if (!below || !element.startsWith("f:") || isEmptyRecord(part.value)) set.add(element);
    if (below && below.size > 0) addParts(set.child(element), below);
  }
}

export interface Comparison {
  /** There now and not before. */
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What changed between two versions of an object. */
export function compareValues(before: unknown, after: unknown, shape: TypeShape): Comparison {
  const builders = { added: new FieldSetBuilder(), modified: new FieldSetBuilder(), removed: new FieldSetBuilder() };
  const [was, now] = [partsOf(before, shape) ?? new Map(), partsOf(after, shape) ?? new Map()];
  compareParts(was, now, true, builders);
  const { added, modified, removed } = builders;
  return { added: added.build(), modified: modified.build(), removed: removed.build() };
}

interface Builders {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

/** `isShared`: what these are parts of is there on both sides. */
function compareParts(
  before: ReadonlyMap<PathElement, Part>,
  after: ReadonlyMap<PathElement, Part>,
  isShared: boolean,
  builders: Builders,
): void {
  for (const [element, now] of after) compareElement(element, before.get(element), now, isShared, builders);
  for (const [element, was] of before)
    if (!after.has(element)) compareElement(element, was, undefined, isShared, builders);
}

function compareElement(
  element: PathElement,
  before: Part | undefined,
  now: Part | undefined,
  isParentShared: boolean,
  builders: Builders,
): void {
  if (before && now && before.value === now.value) return;
  // What was null was not there.
  const was = before?.value === null && now ? undefined : before;
  const shape = (now ?? was)?.shape as TypeShape;
  if (shape.kind === "atom" && shape.isValue && isParentShared) {
    if (!isSameOrEmpty(was?.value, now?.value)) builders.modified.add(element);
    return;
  }
  const partsBefore = was && partsOf(was.value, shape);
  const partsAfter = now && partsOf(now.value, shape);
  const isShared = (was && now) !== undefined || (isParentShared && isAlwaysThere(element, shape));
  if (!isShared && !was) builders.added.add(element);
  if (!isShared && !now) builders.removed.add(element);
  if ((partsBefore?.size ?? 0) === 0 && (partsAfter?.size ?? 0) === 0) {
    if (was && now && !deepEqual(was.value, now.value)) builders.modified.add(element);
    return;
  }
  compareParts(partsBefore ?? new Map(), partsAfter ?? new Map(), isShared, {
    added: builders.added.child(element),
    modified: builders.modified.child(element),
    removed: builders.removed.child(element),
  });
}

function isAlwaysThere(element: PathElement, shape: TypeShape): boolean {
  if (!element.startsWith("f:")) return false;
  if (shape.kind === "keyed-list") return shape.isValue === true;
  return shape.kind === "struct" && (shape.isValue === true || element === "f:metadata");
}

function isSameOrEmpty(before: unknown, after: unknown): boolean {
  const isNothing = (value: unknown) => value === undefined || Object.keys(value as object).length === 0;
  return (isNothing(before) && isNothing(after)) || deepEqual(before, after);
}

function isEmptyRecord(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}
