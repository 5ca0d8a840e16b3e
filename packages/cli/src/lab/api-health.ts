import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

/** A GET to the apiserver as the administrator. Rejects when nobody answers within `timeoutMs`. */
function getFromApi(
  pkiDirectory: string,
  port: number,
  path: string,
  timeoutMs = 5_000,
): Promise<{ status: number; body: string }> {
  const read = (name: string) => readFileSync(join(pkiDirectory, "admin", name));
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port,
        path,
        ca: read("ca.crt"),
        cert: read("admin.crt"),
        key: read("admin.key"),
        agent: false,
        timeout: timeoutMs,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.once("timeout", () => call.destroy(new Error("timed out")));
    call.once("error", reject);
    call.end();
  });
}

export function isApiReady(pkiDirectory: string, port: number): Promise<boolean> {
  return getFromApi(pkiDirectory, port, "/readyz").then(
    ({ status }) => status === 200,
    () => false,
  );
}

interface NodeList {
  items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

/** Names of the nodes whose Ready condition is true. */
export async function readyNodes(pkiDirectory: string, port: number): Promise<string[]> {
  const { status, body } = await getFromApi(pkiDirectory, port, "/api/v1/nodes").catch(() => ({ status: 0, body: "" }));
  if (status !== 200) return [];
  const { items } = JSON.parse(body) as NodeList;
  const isReady = (node: NodeList["items"][number]) =>
    node.status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  return items.filter(isReady).map(({ metadata }) => metadata.name);
}
