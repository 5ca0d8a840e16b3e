import { forbidden, genericNotFoundPath, methodNotAllowed, methodNotSupported } from "@drydock/apimachinery";
import { recordRequest } from "../audit/audit-record.ts";
import { type Authorizer, forbiddenReason } from "../authorization/authorizer.ts";
import { dispatch, type Services } from "../endpoints/dispatch.ts";
import type { Call, CallBody } from "../registry/call.ts";
import { type CallOptions, parseCallOptions, rawOptionsOf, validateWriteOptions } from "../registry/call-options.ts";
import type { ResourceDefinition, Verb } from "../registry/definition.ts";
import { parseDeleteOptions } from "../registry/delete-options.ts";
import { managerOf } from "../registry/field-managers.ts";
import type { ObjectKind } from "../registry/field-validation.ts";
import { findSubresource } from "../subresources/index.ts";
import type { VirtualDefinition } from "../virtual/virtual-resource.ts";
import { readBody } from "./body.ts";
import { decodeLoose, decodeObject } from "./decode-body.ts";
import { decodePatch } from "./decode-patch.ts";
import { annotate, type Exchange, type Handler, headerOf, type ServerRequest } from "./exchange.ts";
import { negotiateKind, type Representation } from "./negotiate.ts";
import { PageNotFound } from "./page-not-found.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { respond } from "./respond.ts";

/** Serves paths that are not resources: discovery, health, OpenAPI. */
export interface PathHandler {
  handles(path: string): boolean;
  serve(exchange: Exchange): Promise<void>;
}

/** Serves subresources that are connections: log, exec, attach, proxy. */
export interface ConnectHandler {
  handles(exchange: Exchange): boolean;
  serve(exchange: Exchange): Promise<void>;
}

/** The end of the chain: to whoever serves this path. */
export function createRoute(
  services: Services,
  paths: readonly PathHandler[],
  connect: ConnectHandler,
  metrics: RequestMetrics,
): Handler {
  return async (exchange) => {
    const { info } = exchange;
    if (!info.isResourceRequest) {
      const handler = paths.find((candidate) => candidate.handles(exchange.path));
      if (!handler) throw new PageNotFound();
      return handler.serve(exchange);
    }
    if (connect.handles(exchange)) return connect.serve(exchange);
    const call = await callOf(services, exchange);
    await respond(exchange, await dispatch(services, call), representationOf(services, exchange), metrics);
  };
}

async function callOf(services: Services, exchange: Exchange): Promise<Call> {
  const { info, query, user, startedAtMs, abort } = exchange;
  const options = ofOneName(exchange, parseCallOptions(rawOptionsOf(query), info.verb));
  const context = {
    user,
    nowMs: startedAtMs,
    signal: abort.signal,
    fieldManager: managerOf(options.fieldManager, headerOf(exchange.request, "user-agent")),
    isComponent: false,
    sentOptions: { fieldManager: options.fieldManager, fieldValidation: query.get("fieldValidation") ?? "" },
    authorizeCreate: () => assertMayCreate(services.authorizer, exchange),
    warn: (text: string) => exchange.warnings.push(text),
    annotate: (key: string, value: string) => annotate(exchange, key, value),
  };
  const { group, version, resource, subresource, namespace } = info;
  if (info.verb === "") throw methodNotSupported({ group, resource }, exchange.request.method?.toLowerCase() ?? "");
  if (isMisplaced(exchange)) throw methodNotAllowed();
  // A namespace's own path names it twice over.
  const isNamespaceItself = group === "" && resource === "namespaces";
  if (info.verb === "create" || info.verb === "update") validateWriteOptions(options, info.verb);
  // Who cannot be answered is told before anything is done.
  representationOf(services, exchange);
  const { deprecation } = requestedKind(services, exchange);
  if (deprecation) context.warn(deprecation);
  const isCollection = info.verb === "list" || info.verb === "watch" || info.verb === "deletecollection";
  const body = await bodyOf(services, exchange, options.fieldValidation, context.warn);
  recordBody(exchange, body);
  return {
    verb: info.verb as Verb,
    group,
    version,
    resource,
    subresource,
    namespace: isNamespaceItself ? "" : namespace,
    name: isCollection ? "" : info.name,
    options,
    body,
    context,
  };
}

function recordBody({ audit }: Exchange, body: CallBody): void {
  if (body.kind === "object") recordRequest(audit, body.object);
  if (body.kind === "patch") recordRequest(audit, body.patch);
  if (body.kind === "delete") recordRequest(audit, body.options);
}

/** Whoever changes an object that is not there yet must be allowed to create it. */
async function assertMayCreate(authorizer: Authorizer, { info, user }: Exchange): Promise<void> {
  const attributes = { user, ...info, verb: "create" };
  const decision = await authorizer.authorize(attributes);
  if (decision.verdict === "allow") return;
  const { group, resource, name } = info;
  throw forbidden({ group, resource }, name, forbiddenReason(attributes, decision.reason));
}

/** A watch below a name (/api/v1/watch/…/pods/x) selects that name. */
function ofOneName({ info }: Exchange, options: CallOptions): CallOptions {
  if (info.verb !== "watch" || info.name === "" || options.fieldSelector !== "") return options;
  return { ...options, fieldSelector: `metadata.name=${info.name.replaceAll(/[\\,=]/g, "\\$&")}` };
}

/** Objects are created in a collection and changed by name: no path offers both. */
function isMisplaced({ info }: Exchange): boolean {
  if (info.verb === "create") return info.name !== "" && info.subresource === "";
  return info.name === "" && (info.verb === "update" || info.verb === "patch");
}

async function bodyOf(
  services: Services,
  exchange: Exchange,
  fieldValidation: Call["options"]["fieldValidation"],
  warn: (text: string) => void,
): Promise<CallBody> {
  const { info, request } = exchange;
  const contentType = headerOf(request, "content-type");
  switch (info.verb) {
    case "create":
    case "update": {
      const bytes = await readInTurn(services, request);
      return {
        kind: "object",
        object: decodeObject(bytes, contentType, expectedKind(services, exchange), fieldValidation, warn),
      };
    }
    case "patch":
      return decodePatch(await readInTurn(services, request), contentType);
    case "delete":
    case "deletecollection":
      return {
        kind: "delete",
        options: parseDeleteOptions(
          decodeLoose(await readInTurn(services, request), contentType),
          rawOptionsOf(exchange.query),
        ),
      };
    default:
      return { kind: "none" };
  }
}

/** Whoever sends a body wants to write: that is work. */
async function readInTurn({ turns }: Services, request: ServerRequest): Promise<Buffer> {
  const bytes = await readBody(request);
  await turns.take();
  return bytes;
}

/** How the answer will be written. */
function representationOf(services: Services, exchange: Exchange): Representation {
  const kind = expectedKind(services, exchange);
  return negotiateKind(headerOf(exchange.request, "accept"), kind, exchange.info.verb === "watch");
}

function isServed(registry: Services["registry"], virtual: Services["virtual"], group: string): boolean {
  const all = [...registry.stores, ...virtual.all].map(({ definition }) => definition);
  return all.some((definition) => definition.group === group);
}

/** The kind a body must have: the subresource's where it has one of its own. */
function expectedKind(services: Services, exchange: Exchange): ObjectKind {
  const definition = requestedKind(services, exchange);
  const { subresource } = exchange.info;
  if (subresource === "" || !("storagePrefix" in definition)) return definition;
  return findSubresource(definition, subresource)?.kind ?? definition;
}

/** The kind that the path names. */
function requestedKind({ registry, virtual }: Services, { info }: Exchange): ResourceDefinition | VirtualDefinition {
  const reviewed = virtual.find(info.group, info.version, info.resource);
  if (reviewed && info.subresource === "") return reviewed.definition;
  const store = registry.find(info.group, info.version, info.resource);
  if (!store) throw isServed(registry, virtual, info.group) ? genericNotFoundPath() : new PageNotFound();
  return store.definition;
}
