import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isRecord } from "@drydock/apimachinery";
import { type KubeconfigUser, parseKubeconfig } from "@drydock/pki";

const KINDS: ReadonlySet<string> = new Set([
  "apiserver.config.k8s.io/v1 WebhookAdmissionConfiguration",
  "apiserver.config.k8s.io/v1alpha1 WebhookAdmission",
]);
const HTTPS_PORT = "443";

/** With what the server shows itself to a webhook. */
export interface WebhookCredentials {
  readonly cert?: string;
  readonly key?: string;
  /** An Authorization header. */
  readonly authorization?: string;
}

/** By `host:port` of the webhook; `name.namespace.svc:port` of one behind a Service. */
export type CredentialsOf = (hostPort: string) => WebhookCredentials;

/**
 * Who the server is to which webhook, as the configuration of an admission plugin says: its kubeconfig's users are named after hosts, `*.` before them for all
 * below one, `*` for all; else the current context's user. Files are read each time.
 */
export function webhookCredentials(plugin: string, configuration: unknown): CredentialsOf {
  if (configuration === undefined) return () => ({});
  const fail = (why: string) => new Error(`couldn't init admission plugin "${plugin}": ${why}`);
  const { apiVersion = "", kind = "", kubeConfigFile } = isRecord(configuration) ? configuration : {};
  if (!KINDS.has(`${apiVersion} ${kind}`)) throw fail(`no kind "${kind}" is registered for version "${apiVersion}"`);
  if (kubeConfigFile === undefined || kubeConfigFile === "") return () => ({});
  const path = String(kubeConfigFile);
  if (!path.startsWith("/")) throw fail(`kubeConfigFile must be an absolute path, got: "${path}"`);
  const config = parseKubeconfig(readFileSync(path, "utf8"));
  const users = new Map((config.users ?? []).map(({ name, user }) => [name, user]));
  const current = config.contexts?.find(({ name }) => name === config["current-context"])?.context.user;
  return (hostPort) => {
    const name = nicknames(hostPort).find((candidate) => users.has(candidate)) ?? current;
    const user = name === undefined ? undefined : users.get(name);
    return user ? credentialsOf(user, path) : {};
  };
}

/** From the closest name to the widest. */
function nicknames(hostPort: string): string[] {
  const at = hostPort.lastIndexOf(":");
  const bare = hostPort.slice(at + 1) === HTTPS_PORT ? [hostPort.slice(0, at)] : [];
  return [...[hostPort, ...bare].flatMap((name) => [name, ...wider(name)]), "*"];
}

/** `*.b.c` and `*.c` for `a.b.c`. */
function wider(name: string): string[] {
  const steps = name.split(".");
  return steps.slice(1).map((_, index) => `*.${steps.slice(index + 1).join(".")}`);
}

function credentialsOf(user: KubeconfigUser, path: string): WebhookCredentials {
  const read = (file: string) => readFileSync(resolve(dirname(path), file), "utf8");
  const pem = (data: string | undefined, file: string | undefined) =>
    data !== undefined ? Buffer.from(data, "base64").toString("utf8") : file && read(file);
  const cert = pem(user["client-certificate-data"], user["client-certificate"]);
  const key = pem(user["client-key-data"], user["client-key"]);
  const token = user.tokenFile ? read(user.tokenFile).trim() : user.token;
  const basic = user.username && Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
  const authorization = token ? `Bearer ${token}` : basic ? `Basic ${basic}` : undefined;
  return { ...(cert && { cert }), ...(key && { key }), ...(authorization && { authorization }) };
}
