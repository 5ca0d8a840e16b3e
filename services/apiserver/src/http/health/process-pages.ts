import { notAcceptable } from "@drydock/apimachinery";
import { stringify } from "yaml";
import { type Exchange, headerOf } from "../exchange.ts";
import { parseAccept } from "../negotiate.ts";
import { respondRaw } from "../respond.ts";

const WARNING =
  "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.";
const GROUP = "config.k8s.io";
const VERSIONS: ReadonlySet<string | undefined> = new Set(["v1alpha1", "v1beta1"]);
const TEXT: ReadonlySet<string> = new Set(["text/plain", "text/*", "*/*"]);

/** A page about the process itself: text for people, or an object for whoever asks for that kind by its name. */
export interface ProcessPage {
  readonly kind: "Statusz" | "Flagz";
  readonly lines: readonly string[];
  readonly fields: object;
}

export function servePage(exchange: Exchange, { kind, lines, fields }: ProcessPage): void {
  const accept = headerOf(exchange.request, "accept") || "*/*";
  for (const { type, parameters } of parseAccept(accept)) {
    if (TEXT.has(type)) {
      const text = [`\napiserver ${kind.toLowerCase()}`, WARNING, ...lines, ""].join("\n");
      return respondRaw(exchange, 200, "text/plain; charset=utf-8", Buffer.from(text));
    }
    const { g, v, as } = parameters;
    if (g !== GROUP || !VERSIONS.has(v) || as !== kind) continue;
    const object = { kind, apiVersion: `${GROUP}/${v}`, metadata: { name: "apiserver" }, ...fields };
    const contentType = `${type};g=${g};v=${v};as=${as}`;
    if (type === "application/json")
      return respondRaw(exchange, 200, contentType, Buffer.from(`${JSON.stringify(object, undefined, 2)}\n`));
    if (type === "application/yaml")
      return respondRaw(exchange, 200, contentType, Buffer.from(stringify(object, { sortMapEntries: true })));
  }
  throw notAcceptable(["application/json", "application/yaml", "text/plain"]);
}
