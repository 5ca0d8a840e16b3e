import { notAcceptable } from "@drydock/apimachinery";
import { hasProtobuf } from "@drydock/kube-api";
import type { ObjectKind } from "../registry/field-validation.ts";

export type Format = "json" | "yaml" | "protobuf";
export type Transform = "none" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

/** How an answer is to be written. */
export interface Representation {
  readonly format: Format;
  readonly transform: Transform;
  /** v1 or v1beta1 of meta.k8s.io, for transforms. */
  readonly transformVersion: string;
  /** Asked for by the media type's own parameter. */
  readonly isPretty?: boolean;
}

export interface AcceptClause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What an endpoint writes: a format as it is (`none`) or transformed. */
export type Restriction = (format: Format, transform: Transform) => boolean;

export const plainJson: Representation = { format: "json", transform: "none", transformVersion: "v1" };

/** In the order of preference that an `Accept` of wildcards leaves to the server. */
const mediaTypes: readonly { readonly format: Format; readonly type: string }[] = [
  { format: "json", type: "application/json" },
  { format: "yaml", type: "application/yaml" },
  { format: "protobuf", type: "application/vnd.kubernetes.protobuf" },
];

export function mediaTypeOf(format: Format): string {
  return mediaTypes.find((candidate) => candidate.format === format)?.type ?? "";
}

interface RankedClause extends AcceptClause {
  readonly quality: number;
}

/** The clauses of an Accept header, best first, as goautoneg reads and ranks them. */
export function parseAccept(accept: string): AcceptClause[] {
  const clauses = accept.split(",").flatMap(parseClause);
  // Its order is no total one: what it makes of a list depends on how it sorts, by insertion.
  for (let i = 1; i < clauses.length; i++) {
    for (let j = i; j > 0 && isBetter(clauses[j] as RankedClause, clauses[j - 1] as RankedClause); j--) {
      [clauses[j - 1], clauses[j]] = [clauses[j] as RankedClause, clauses[j - 1] as RankedClause];
    }
  }
  return clauses;
}

function parseClause(text: string): RankedClause[] {
  const [name = "", ...rest] = text.split(";").map((part) => part.trim());
  const [type = "", subtype, ...more] = name.split("/").map((part) => part.trim());
  if (more.length > 0 || (subtype === undefined && type !== "*")) return [];
  const parameters: Record<string, string> = {};
  let quality = 1;
  for (const part of rest) {
    const [key = "", value, ...others] = part.split("=");
    if (!value || others.length > 0) continue;
    if (key.trim() === "q") quality = Number(value) || 0;
    else parameters[key.trim()] = value.trim();
  }
  return [{ type: `${type}/${subtype ?? "*"}`, parameters, quality }];
}

function isBetter(a: RankedClause, b: RankedClause): boolean {
  if (a.quality > b.quality) return true;
  if (!a.type.startsWith("*/") && b.type.startsWith("*/")) return true;
  return !a.type.endsWith("/*") && b.type.endsWith("/*");
}

/** The first representation that the client names and the endpoint writes; undefined when there is none. */
export function negotiate(accept: string, isAllowed: Restriction): Representation | undefined {
  if (accept === "") return plainJson;
  for (const { type, parameters } of parseAccept(accept)) {
    for (const candidate of mediaTypes) {
      if (type !== candidate.type && type !== "application/*" && type !== "*/*") continue;
      const found = representationOf(candidate.format, parameters, isAllowed);
      if (found) return found;
    }
  }
  return undefined;
}

const transforms: ReadonlySet<string> = new Set(["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]);

function representationOf(
  format: Format,
  { as, g, v, stream, sv, pretty }: Readonly<Record<string, string>>,
  isAllowed: Restriction,
): Representation | undefined {
  if (stream && (stream !== "watch" || format === "yaml")) return undefined;
  if (sv && sv !== "v1") return undefined;
  const style = { ...(pretty === "1" && { isPretty: true }) };
  if (as === undefined && g === undefined && v === undefined) {
    return isAllowed(format, "none") ? { ...plainJson, format, ...style } : undefined;
  }
  const isKnown = g === "meta.k8s.io" && (v === "v1" || v === "v1beta1") && as !== undefined && transforms.has(as);
  if (!isKnown || !isAllowed(format, as as Transform)) return undefined;
  return { format, transform: as as Transform, transformVersion: v, ...style };
}

/** Errors and documents of the server's own come as they are. */
export const untransformed: Restriction = (_format, transform) => transform === "none";

/** Objects of a kind: tables have no protobuf form, some kinds (custom ones) have none either, metadata alone always has. */
export function restrictionOf({ schema, isPlain }: Pick<ObjectKind, "schema" | "isPlain">): Restriction {
  return (format, transform) => {
    if (isPlain && transform !== "none") return false;
    if (format !== "protobuf") return true;
    return transform === "none" ? hasProtobuf(schema) : transform !== "Table";
  };
}

/** How to answer about a kind. Throws the 406 in upstream's words. */
export function negotiateKind(
  accept: string,
  kind: Pick<ObjectKind, "schema" | "isPlain">,
  isWatch: boolean,
): Representation {
  const found = negotiate(accept, restrictionOf(kind));
  const offered = mediaTypes.filter(({ format }) => format !== "protobuf" || hasProtobuf(kind.schema));
  if (isWatch && (!found || found.format === "yaml")) {
    throw notAcceptable(offered.filter(({ format }) => format !== "yaml").map(({ type }) => `${type};stream=watch`));
  }
  if (!found) throw notAcceptable(offered.map(({ type }) => type));
  return found;
}
