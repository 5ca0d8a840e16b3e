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
  compareParts(partsOf(before, shape) ?? new Map(), partsOf(after, shape) ?? new Map(), builders);
  const { added, modified, removed } = builders;
  return { added: added.build(), modified: modified.build(), removed: removed.build() };
}

interface Builders {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function compareParts(
  before: ReadonlyMap<PathElement, Part>,
  after: ReadonlyMap<PathElement, Part>,
  builders: Builders,
): void {
  for (const [element, now] of after) compareElement(element, before.get(element), now, builders);
  for (const [element, was] of before) if (!after.has(element)) compareElement(element, was, undefined, builders);
}

function compareElement(element: PathElement, was: Part | undefined, now: Part | undefined, builders: Builders): void {
  if (was && now && was.value === now.value) return;
  const shape = (now ?? was)?.shape as TypeShape;
  const partsBefore = was && partsOf(was.value, shape);
  const partsAfter = now && partsOf(now.value, shape);
  const isLeaf = (partsBefore?.size ?? 0) === 0 && (partsAfter?.size ?? 0) === 0;
  if (isLeaf) {
    if (!was) builders.added.add(element);
    else if (!now) builders.removed.add(element);
    else if (!deepEqual(was.value, now.value)) builders.modified.add(element);
    return;
  }
  // A struct is there as soon as a field of it is: only maps, lists and items come and go on their own.
  if (shape.kind !== "struct" || !element.startsWith("f:")) {
    if (!was) builders.added.add(element);
    if (!now) builders.removed.add(element);
  }
  compareParts(partsBefore ?? new Map(), partsAfter ?? new Map(), {
    added: builders.added.child(element),
    modified: builders.modified.child(element),
    removed: builders.removed.child(element),
  });
}

function isEmptyRecord(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}
