import type { KubeObject } from "../meta.ts";
import type { FieldSet } from "./field-set.ts";
import type { Manager } from "./managers.ts";
import type { TypeShape } from "./type-shape.ts";

/** How one version of a kind is owned. */
export interface VersionShape {
  readonly shape: TypeShape;
  /** What the endpoint does not write. */
  readonly reset: FieldSet;
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
}
