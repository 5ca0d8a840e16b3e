import { parseExactJson } from "../exact-json.ts";
import { isRecord, type PathElement, renderElement, shapeOfField } from "./path-element.ts";
import type { TypeShape } from "./type-shape.ts";

/** A set of paths as a tree. A node may be a member itself (`.` in FieldsV1) and lead to further members. Immutable. */
export class FieldSet {
  static readonly empty: FieldSet = new FieldSet(new Set(), new Map());
  readonly members: ReadonlySet<PathElement>;
  /** Never empty sets. */
  readonly children: ReadonlyMap<PathElement, FieldSet>;

  constructor(members: ReadonlySet<PathElement>, children: ReadonlyMap<PathElement, FieldSet>) {
    this.members = members;
    this.children = children;
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  child(element: PathElement): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [element, theirs] of other.children) children.set(element, this.child(element).union(theirs));
    return new FieldSet(new Set([...this.members, ...other.members]), children);
  }

  intersection(other: FieldSet): FieldSet {
    const members = [...this.members].filter((element) => other.members.has(element));
    return build(members, this.children, (element, child) => child.intersection(other.child(element)));
  }

  /** Without the members of `other`; what lies below them stays. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty || this.isEmpty) return this;
    const members = [...this.members].filter((element) => !other.members.has(element));
    return build(members, this.children, (element, child) => child.difference(other.child(element)));
  }

  /** Without the members of `other` and all below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty || this.isEmpty) return this;
    const members = [...this.members].filter((element) => !other.members.has(element));
    return build(members, this.children, (element, child) =>
      other.members.has(element) ? FieldSet.empty : child.recursiveDifference(other.child(element)),
    );
  }

  equals(other: FieldSet): boolean {
    if (this.members.size !== other.members.size || this.children.size !== other.children.size) return false;
    for (const element of this.members) if (!other.members.has(element)) return false;
    for (const [element, child] of this.children) if (!child.equals(other.child(element))) return false;
    return true;
  }

  /** With every known field on the way to a member as a member too. */
  withNamedFields(shape: TypeShape | undefined): FieldSet {
    const members = new Set(this.members);
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      const isField = element.startsWith("f:");
      if (isField && shape?.kind === "struct" && shape.field(element.slice(2))) members.add(element);
      const below = !shape ? undefined : isField ? shapeOfField(shape, element.slice(2)) : itemShape(shape);
      children.set(element, child.withNamedFields(below));
    }
    return new FieldSet(members, children);
  }

  /** Every member as a path in the form of messages: `.spec.containers[name="nginx"].image`. */
  paths(prefix = ""): string[] {
    return [
      ...[...this.members].map((element) => prefix + renderElement(element)),
      ...[...this.children].flatMap(([element, child]) => child.paths(prefix + renderElement(element))),
    ];
  }

  /** FieldsV1 (KEP-555). */
  toJson(): Record<string, unknown> {
    const json: Record<string, unknown> = {};
    const elements = [...this.members];
    for (const element of this.children.keys()) if (!this.members.has(element)) elements.push(element);
    for (const element of elements.sort()) {
      const below = this.children.get(element)?.toJson();
      if (!below) json[element] = {};
      else json[element] = this.members.has(element) ? { ".": {}, ...below } : below;
    }
    return json;
  }

  /** Undefined for what is no FieldsV1. */
  static parse(json: unknown): FieldSet | undefined {
    if (!isRecord(json)) return undefined;
    const members = new Set<PathElement>();
    const children = new Map<PathElement, FieldSet>();
    for (const [element, below] of Object.entries(json)) {
      if (element === ".") continue;
      if (!isElement(element) || !isRecord(below)) return undefined;
      const child = FieldSet.parse(below);
      if (!child) return undefined;
      if (child.isEmpty || Object.hasOwn(below, ".")) members.add(element);
      if (!child.isEmpty) children.set(element, child);
    }
    return new FieldSet(members, children);
  }

  /** Paths of fields with points between them. */
  static ofPaths(...paths: readonly string[]): FieldSet {
    return paths.reduce((all, path) => all.union(FieldSet.ofFields(...(path.split(".") as [string]))), FieldSet.empty);
  }

  /** The one path through these fields. */
  static ofFields(...names: readonly [string, ...string[]]): FieldSet {
    const [first, ...rest] = names;
    const element = `f:${first}`;
    if (rest.length === 0) return new FieldSet(new Set([element]), new Map());
    return new FieldSet(new Set(), new Map([[element, FieldSet.ofFields(...(rest as [string, ...string[]]))]]));
  }
}

function itemShape(shape: TypeShape): TypeShape | undefined {
  return shape.kind === "keyed-list" ? shape.item : undefined;
}

function build(
  members: readonly PathElement[],
  children: ReadonlyMap<PathElement, FieldSet>,
  change: (element: PathElement, child: FieldSet) => FieldSet,
): FieldSet {
  const kept = new Map<PathElement, FieldSet>();
  for (const [element, child] of children) {
    const changed = change(element, child);
    if (!changed.isEmpty) kept.set(element, changed);
  }
  return new FieldSet(new Set(members), kept);
}

function isElement(element: string): boolean {
  if (element.startsWith("f:")) return true;
  if (/^i:\d+$/.test(element)) return true;
  if (!element.startsWith("k:") && !element.startsWith("v:")) return false;
  try {
    const value: unknown = parseExactJson(element.slice(2));
    return element.startsWith("v:") || isRecord(value);
  } catch {
    return false;
  }
}

/** Collects paths while a value is walked. */
export class FieldSetBuilder {
  readonly #members = new Set<PathElement>();
  readonly #children = new Map<PathElement, FieldSetBuilder>();

  add(element: PathElement): void {
    this.#members.add(element);
  }

  child(element: PathElement): FieldSetBuilder {
    let child = this.#children.get(element);
    if (!child) {
      child = new FieldSetBuilder();
      this.#children.set(element, child);
    }
    return child;
  }

  build(): FieldSet {
    const children = new Map<PathElement, FieldSet>();
    for (const [element, builder] of this.#children) {
      const child = builder.build();
      if (!child.isEmpty) children.set(element, child);
    }
    return new FieldSet(this.#members, children);
  }
}
