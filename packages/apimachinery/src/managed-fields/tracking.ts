import type { KubeObject } from "../meta.ts";
import type { FieldSet } from "./field-set.ts";
import type { Manager } from "./managers.ts";
import type { TypeShape } from "./type-shape.ts";

/** How one version of a kind is owned. */
export interface VersionShape {
  readonly shape: TypeShape;
  /** What the endpoint does not write. */
  readonly reset: FieldSet;
  /** Of a Go type, which has fields that nobody has set. */
  readonly unset?: UnsetFields;
}

/** Fields that are there though nobody has set them: empty texts, zeros, times that are null. They come and go with what they are in. */
export interface UnsetFields {
  /** An object in which nobody has set anything. */
  readonly untouched: object;
  shown<T extends object>(object: T): T;
}

/** The versions of the kind, for managers who speak another than the one that writes. */
export interface KindVersions {
  /** Undefined for a version that is not there: who speaks it owns nothing any more. */
  find(apiVersion: string): VersionShape | undefined;
  /** To a version that is there. */
  convert(object: KubeObject, apiVersion: string): Promise<KubeObject>;
}

/** A write, and who is behind it. */
export interface Tracking extends VersionShape {
  readonly manager: Manager;
  /** RFC 3339. */
  readonly now: string;
  readonly versions: KindVersions;
  /** Written by way of another kind, whose managers' times do not find back to the object: each keeps the time it had, a new one has none. */
  readonly isIndirect?: boolean;
}
