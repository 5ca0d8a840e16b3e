import { notAcceptable } from "@drydock/apimachinery";
import { encodeProtobuf, wrapProtobuf } from "@drydock/kube-api";
import { type Exchange, headerOf } from "../http/exchange.ts";
import { type Format, mediaTypeOf, negotiate, parseAccept, untransformed } from "../http/negotiate.ts";
import { inFormat, respondRaw } from "../http/respond.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const FORMATS: readonly Format[] = ["json", "yaml", "protobuf"];

/** One of the documents that clients find their way by. */
export interface DiscoveryDocument {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly [field: string]: unknown;
}

/** Answers with one of the old documents in the format that the client wants. */
export function serveNegotiated(exchange: Exchange, document: DiscoveryDocument): void {
  const found = negotiate(headerOf(exchange.request, "accept"), untransformed);
  if (!found) throw notAcceptable(FORMATS.map(mediaTypeOf));
  const bytes = encodeDocument(exchange, document, `${META}.${document.kind}`, found.format);
  respondRaw(exchange, 200, mediaTypeOf(found.format), bytes);
}

export function encodeDocument(
  exchange: Exchange,
  document: DiscoveryDocument,
  schema: string,
  format: Format,
): Uint8Array {
  if (format === "protobuf")
    return wrapProtobuf(document.apiVersion ?? "", document.kind, encodeProtobuf(schema, document));
  return inFormat(exchange, Buffer.from(`${JSON.stringify(document)}\n`), {
    format,
    transform: "none",
    transformVersion: "v1",
  });
}

/** The format of the document of everything that the client likes best; undefined when it prefers an old one. */
export function aggregatedFormat(exchange: Exchange): Format | undefined {
  for (const { type, parameters } of parseAccept(headerOf(exchange.request, "accept"))) {
    const format =
      type === "*/*" || type === "application/*" ? "json" : FORMATS.find((one) => mediaTypeOf(one) === type);
    if (format === undefined) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return undefined;
    if (as !== "APIGroupDiscoveryList" || g !== "apidiscovery.k8s.io" || v !== "v2") continue;
    return format;
  }
  return undefined;
}
