import type { KubeObject } from "@drydock/apimachinery";
import { annotate, type Exchange, headerOf } from "../http/exchange.ts";
import { managerOf } from "../registry/field-managers.ts";
import type { Registry } from "../registry/registry.ts";

const FLAGS = ["stdin", "stdout", "stderr", "tty"];
const KINDS: Readonly<Record<string, string>> = {
  exec: "PodExecOptions",
  attach: "PodAttachOptions",
  portforward: "PodPortForwardOptions",
};

/** Asks webhooks and policies about a stream of a pod: what they see are its options, and what they change of these holds. */
export async function admitConnect(registry: Registry, exchange: Exchange): Promise<void> {
  const { info, query } = exchange;
  const kind = KINDS[info.subresource];
  if (kind === undefined) return;
  const options = optionsOf(kind, query);
  await reviewConnect(registry, exchange, { kind, options, accept: () => replaceQuery(query, options) });
}

interface Connection {
  readonly kind: string;
  /** An object of that kind; who reviews it may change it. */
  readonly options: Record<string, unknown>;
  /** Takes over what was changed. */
  accept(): void;
}

/** Asks about a connection to what the request names. */
export async function reviewConnect(
  registry: Registry,
  exchange: Exchange,
  { kind, options, accept }: Connection,
): Promise<void> {
  const { info, user, startedAtMs, abort, request, warnings } = exchange;
  await registry.admission.review({
    operation: "connect",
    definition: registry.require("", "v1", info.resource).definition,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    object: undefined,
    oldObject: undefined,
    isDryRun: false,
    context: {
      user,
      nowMs: startedAtMs,
      signal: abort.signal,
      fieldManager: managerOf("", headerOf(request, "user-agent")),
      isComponent: false,
      warn: (text) => warnings.push(text),
      annotate: (key, value) => annotate(exchange, key, value),
    },
    view: {
      kind: { group: "", version: "v1", kind },
      object: options as unknown as KubeObject,
      oldObject: undefined,
      accept,
    },
  });
}

function optionsOf(kind: string, query: URLSearchParams): Record<string, unknown> {
  const head = { kind, apiVersion: "v1" };
  if (kind === "PodPortForwardOptions") {
    const ports = query.getAll("ports").flatMap((text) => text.split(",").map(Number));
    return { ...head, ...(ports.length > 0 && { ports }) };
  }
  const flags = FLAGS.filter((name) => query.has(name) && query.get(name) !== "false" && query.get(name) !== "0");
  const command = query.getAll("command");
  return {
    ...head,
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(query.get("container") && { container: query.get("container") }),
    ...(command.length > 0 && { command }),
  };
}

function replaceQuery(query: URLSearchParams, options: Readonly<Record<string, unknown>>): void {
  for (const name of [...FLAGS, "container", "command", "ports"]) query.delete(name);
  for (const [name, value] of Object.entries(options)) {
    if (name === "kind" || name === "apiVersion") continue;
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item));
  }
}
