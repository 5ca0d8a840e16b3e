import { notAcceptable } from "@drydock/apimachinery";

export type Transform = "none" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

/** How an answer is to be written. */
export interface Representation {
  readonly format: "json" | "yaml";
  readonly transform: Transform;
  /** v1 or v1beta1 of meta.k8s.io, for transforms. */
  readonly transformVersion: string;
}

export interface AcceptClause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const plainJson: Representation = { format: "json", transform: "none", transformVersion: "v1" };
const transforms: ReadonlySet<string> = new Set(["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]);

/** The clauses of an Accept header, best first. */
export function parseAccept(accept: string): AcceptClause[] {
  const clauses = accept
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const [type = "", ...rest] = text.split(";").map((part) => part.trim());
      const parameters: Record<string, string> = {};
      for (const parameter of rest) {
        const [name = "", value = ""] = parameter.split("=");
        parameters[name] = value.replaceAll('"', "");
      }
      return { type: type.toLowerCase(), parameters };
    });
  const quality = (clause: AcceptClause) => Number(clause.parameters["q"] ?? 1);
  return clauses.sort((a, b) => quality(b) - quality(a));
}

/** The first representation the client names that this server can write; protobuf answers are not among them. */
export function negotiate(accept: string): Representation {
  if (accept === "") return plainJson;
  for (const { type, parameters } of parseAccept(accept)) {
    const format = formatOf(type);
    if (!format) continue;
    const transform = parameters["as"];
    if (transform === undefined) return { ...plainJson, format };
    const version = parameters["v"] ?? "";
    const isKnown = parameters["g"] === "meta.k8s.io" && (version === "v1" || version === "v1beta1");
    if (isKnown && transforms.has(transform)) {
      return { format, transform: transform as Transform, transformVersion: version };
    }
  }
  throw notAcceptable(["application/json", "application/yaml"]);
}

function formatOf(type: string): Representation["format"] | undefined {
  if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  return type === "application/yaml" ? "yaml" : undefined;
}
