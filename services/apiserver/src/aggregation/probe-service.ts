import type { V1APIService } from "@drydock/kube-api";
import { type Availability, checkService, PASSED } from "./check-service.ts";
import type { RemoteConnections } from "./remote-connections.ts";

/** Of a Service with several endpoints one may be ill: so many are asked at once, and one good answer is enough. */
const ATTEMPTS = 5;
const ATTEMPT_TIMEOUT_MS = 5_000;

/** Whether an APIService's server is there and knows its group-version. */
export async function probeService(connections: ProbedConnections, apiService: V1APIService): Promise<Availability> {
  const verdict = checkService(apiService, connections.serviceOf(apiService), connections.slicesOf(apiService));
  if (verdict) return verdict;
  const { group = "", version = "" } = apiService.spec ?? {};
  const path = `/apis/${group}/${version}`;
  try {
    await Promise.any(Array.from({ length: ATTEMPTS }, () => attempt(connections, apiService, path)));
    return PASSED;
  } catch (error) {
    const { message } = (error as AggregateError).errors.at(-1) as Error;
    return { status: "False", reason: "FailedDiscoveryCheck", message };
  }
}

export type ProbedConnections = Pick<RemoteConnections, "serviceOf" | "slicesOf" | "addressOf" | "get">;

async function attempt(connections: ProbedConnections, apiService: V1APIService, path: string): Promise<void> {
  const address = connections.addressOf(apiService);
  const url = `https://${address.host}:${address.port}${path}`;
  const failed = (why: string) => new Error(`failing or missing response from ${url}: ${why}`);
  const { code } = await connections
    .get(apiService, path, { timeoutMs: ATTEMPT_TIMEOUT_MS, isProbe: true, address })
    .catch((error: Error) => {
      throw failed(error.message);
    });
  if (code < 200 || code >= 300) throw failed(`bad status from ${url}: ${code}`);
}
