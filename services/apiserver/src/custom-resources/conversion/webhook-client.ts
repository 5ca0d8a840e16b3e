import { request } from "node:https";
import type { ApiextensionsV1WebhookClientConfig, V1EndpointSlice, V1Service } from "@drydock/kube-api";
import type { Registry } from "../../registry/registry.ts";

const timeoutMs = 30_000;
const answerBytesMax = 16 * 1024 * 1024;

interface Target {
  readonly url: URL;
  /** Whose certificate is expected. */
  readonly serverName: string;
  readonly host: string;
  readonly port: number;
}

/** Posts JSON to a webhook and reads JSON. The error says what was posted where, as Go's client does. */
export async function callWebhook(
  registry: Registry,
  config: ApiextensionsV1WebhookClientConfig,
  body: object,
): Promise<unknown> {
  const target = targetOf(registry, config);
  const url = target.url.toString();
  const { status, text } = await post(target, config.caBundle, JSON.stringify(body)).catch((error: Error) => {
    throw new Error(`Post ${JSON.stringify(url)}: ${error.message}`);
  });
  if (status !== 200)
    throw new Error(text.trim() === "" ? `the server responded with the status code ${status}` : text.trim());
  return JSON.parse(text);
}

function targetOf(registry: Registry, { url, service }: ApiextensionsV1WebhookClientConfig): Target {
  if (!service) {
    const parsed = new URL(url ?? "");
    parsed.searchParams.set("timeout", "30s");
    const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
    return { url: parsed, serverName: host, host, port: Number(parsed.port || 443) };
  }
  const serverName = `${service.name}.${service.namespace}.svc`;
  const port = service.port ?? 443;
  const parsed = new URL(`https://${serverName}:${port}${service.path ?? "/"}?timeout=30s`);
  return { url: parsed, serverName, ...addressOf(registry, service.namespace, service.name, port) };
}

/** A ready endpoint of the Service, or its own address when it has none that we know of. */
function addressOf(registry: Registry, namespace: string, name: string, port: number): { host: string; port: number } {
  const store = registry.require("", "v1", "services");
  const service = registry.cached<V1Service>(store, namespace, name);
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  const wanted = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const slices = registry.require("discovery.k8s.io", "v1", "endpointslices");
  for (const stored of slices.cache.scan(`${slices.cache.prefix}${namespace}/`)) {
    const slice = stored.object as V1EndpointSlice;
    if (slice.metadata.labels?.["kubernetes.io/service-name"] !== name) continue;
    const address = slice.endpoints?.find(({ conditions }) => conditions?.ready !== false)?.addresses[0];
    const own = slice.ports?.find((candidate) => (candidate.name ?? "") === (wanted.name ?? ""))?.port;
    if (address && own) return { host: address, port: own };
  }
  const host = service.spec?.clusterIP;
  if (!host || host === "None") throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  return { host, port };
}

function post(target: Target, caBundle: string | undefined, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: target.host,
        port: target.port,
        path: `${target.url.pathname}${target.url.search}`,
        method: "POST",
        // An address is no name: certificates for it are checked by the host alone.
        ...(/[a-z]/i.test(target.serverName) && { servername: target.serverName }),
        ...(caBundle && { ca: Buffer.from(caBundle, "base64") }),
        headers: {
          Host: target.url.host,
          "Content-Type": "application/json",
          Accept: "application/json, */*",
          "Content-Length": Buffer.byteLength(body),
        },
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > answerBytesMax) call.destroy(new Error("the response is too large"));
          chunks.push(chunk);
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
        );
        response.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}
