import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseKubeconfig } from "@drydock/pki";
import { type Endpoint, exchangeJson } from "./json-client.ts";

const PAUSES_MS = [500, 750, 1125];

/** The server that a kubeconfig's current context names: how webhooks of authentication and authorization are configured. */
export function endpointOfKubeconfig(path: string, timeoutMs: number): Endpoint {
  const config = parseKubeconfig(readFileSync(path, "utf8"));
  const context = config.contexts?.find(({ name }) => name === config["current-context"])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  if (!cluster?.server) throw new Error(`${path}: the current context names no server`);
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {};
  const pem = (data: string | undefined, file: string | undefined) => {
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    return file === undefined ? undefined : readFileSync(resolve(dirname(path), file), "utf8");
  };
  const ca = pem(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const cert = pem(user["client-certificate-data"], user["client-certificate"]);
  const key = pem(user["client-key-data"], user["client-key"]);
  const serverName = cluster["tls-server-name"];
  return {
    url: cluster.server,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(user.token && { token: user.token }),
    ...(typeof serverName === "string" && { serverName }),
    isUnverified: cluster["insecure-skip-tls-verify"] === true,
    timeoutMs,
  };
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The cluster that this process runs in, asked as its service account. */
export function endpointInCluster(timeoutMs: number): Endpoint {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port)
    throw new Error(
      "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
    );
  const url = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const [token, ca] = ["token", "ca.crt"].map((name) => readFileSync(`${ACCOUNT}/${name}`, "utf8"));
  return { url, timeoutMs, ...(token && { token }), ...(ca && { ca }) };
}

/** Posts a review and gives its status; tries again while the webhook is away or busy. */
export async function askWebhook<T>(endpoint: Endpoint, review: object): Promise<T> {
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    const answer = await attempt<T>(endpoint, review);
    if (!(answer instanceof Error)) return answer;
    if (pauseMs === undefined) throw answer;
    await sleep(pauseMs);
  }
  throw new Error("unreachable");
}

/** An error that may pass is returned; one that stays is thrown. */
async function attempt<T>(endpoint: Endpoint, review: object): Promise<T | Error> {
  try {
    const { status, body } = await exchangeJson(endpoint, review);
    const answered = body as { status?: T } | undefined;
    if (status >= 200 && status < 300 && answered?.status) return answered.status;
    const error = new Error(`webhook answered with status code ${status}`);
    if (status === 429 || status >= 500) return error;
    throw new PermanentError(error.message);
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    return error as Error;
  }
}

class PermanentError extends Error {}
