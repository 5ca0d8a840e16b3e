import { badRequest } from "@drydock/apimachinery";
import type { TableRequest } from "./encodings.ts";
import type { Exchange } from "./exchange.ts";
import type { Representation } from "./negotiate.ts";

/** How the table of an answer is to be made; nobody reads it when no table was asked for. */
export function tableOptionsOf(exchange: Exchange, { transform, transformVersion }: Representation): TableRequest {
  const includeObject = transform === "Table" ? includeObjectOf(exchange.query.get("includeObject") ?? "") : "Metadata";
  return { includeObject, nowMs: exchange.startedAtMs, metaVersion: transformVersion };
}

function includeObjectOf(value: string): TableRequest["includeObject"] {
  if (value === "") return "Metadata";
  if (value === "None" || value === "Object" || value === "Metadata") return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}
