import { readFileSync } from "node:fs";
import { parse, parseAllDocuments } from "yaml";
import { Plane } from "../apiserver/plane.ts";
import { addNamespace } from "../apiserver/pods.ts";
import { bodyText, requestOnce } from "../apiserver/rest.ts";
import { comparable, differences } from "./compare.ts";

/**
 * Sends the same requests to our API server and to upstream's, whose path is in `BENCH_KUBE_APISERVER`, and prints where the answers differ:
 * the documents of discovery, odd paths and queries, each kind created, read, changed as requests.yaml says and deleted, each kind created with next to nothing.
 * `PARITY=regexp` picks requests by their line.
 */

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** Of requests.yaml. */
interface Request {
  readonly method: string;
  readonly path: string;
  /** Of a patch: json, merge, strategic-merge or apply. */
  readonly type?: string;
  readonly body?: object;
  /** Instead of a body: it is sent as it is. */
  readonly text?: string;
  /** A path that both must serve before they go on: a custom kind takes its time. */
  readonly serves?: string;
}

const NAMESPACE = "n";
const LINES_MAX = 12;
const wanted = new RegExp(process.env["PARITY"] ?? ".");
if (!process.env["BENCH_KUBE_APISERVER"]) throw new Error("BENCH_KUBE_APISERVER must name a kube-apiserver");

const planes = [await Plane.start("drydock"), await Plane.start("kube-apiserver")] as const;
const connections = await Promise.all(planes.map((plane) => plane.open()));
let requests = 0;
let differing = 0;
try {
  for (const plane of planes) await addNamespace(plane, NAMESPACE);
  await compareDocuments();
  await compareObjects();
  console.log(`\n${requests} requests, ${differing} answered otherwise`);
} finally {
  for (const connection of connections) connection.close();
  await Promise.all(planes.map((plane) => plane.dispose()));
}

async function compare(method: string, path: string, body?: object | string, bodyType?: string): Promise<void> {
  const line = `${method} ${path}${body ? ` ${bodyText(body).slice(0, 100)}` : ""}`;
  if (!wanted.test(line)) return;
  requests++;
  const [ours, theirs] = await Promise.all(
    planes.map(async (plane, index) => {
      const connection = connections[index] as (typeof connections)[number];
      const { status, body: answer } = await requestOnce(connection, plane.target, method, path, body, bodyType);
      return { status, body: comparable(answer) };
    }),
  );
  const lines = differences(ours, theirs);
  if (lines.length === 0) return;
  differing++;
  console.log([line, ...lines.slice(0, LINES_MAX).map((text) => `  ${text}`)].join("\n"));
  if (lines.length > LINES_MAX) console.log(`  … and ${lines.length - LINES_MAX} more`);
}

async function servedByBoth(path: string): Promise<void> {
  for (const [index, plane] of planes.entries()) {
    const ask = () => requestOnce(connections[index] as (typeof connections)[number], plane.target, "GET", path);
    while ((await ask()).status !== "http-200") await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What upstream has. */
async function theirs<T>(path: string): Promise<T> {
  const [, connection] = connections;
  const { body } = await requestOnce(connection as (typeof connections)[number], planes[1].target, "GET", path);
  return JSON.parse(body.toString()) as T;
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

async function groupPaths(): Promise<string[]> {
  const { groups } = await theirs<{ groups: { versions: { groupVersion: string }[] }[] }>("/apis");
  return ["/api/v1", ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => `/apis/${groupVersion}`))];
}

async function compareDocuments(): Promise<void> {
  const odd = read("paths.txt").split("\n");
  for (const path of ["/api", "/apis", ...(await groupPaths()), ...odd.filter((line) => line !== "")])
    await compare("GET", path);
}

async function compareObjects(): Promise<void> {
  const collections = new Map<string, string>();
  for (const path of await groupPaths()) {
    const { groupVersion, resources } = await theirs<ResourceList>(path);
    for (const { name, kind, namespaced } of resources)
      if (!name.includes("/"))
        collections.set(`${groupVersion} ${kind}`, `${path}/${namespaced ? `namespaces/${NAMESPACE}/` : ""}${name}`);
  }
  const manifests = parseAllDocuments(read("manifests.yaml")).map((document) => document.toJS() as Manifest);
  const pathOf = ({ apiVersion, kind }: Manifest) => collections.get(`${apiVersion} ${kind}`) ?? `no path for ${kind}`;
  for (const manifest of manifests) {
    await compare("POST", pathOf(manifest), manifest);
    await compare("GET", `${pathOf(manifest)}/${manifest.metadata.name}`);
  }
  for (const { method, path, type, body, text, serves } of parse(read("requests.yaml")) as Request[]) {
    await compare(
      method,
      path,
      text ?? body,
      type && `application/${type}-patch+${type === "apply" ? "yaml" : "json"}`,
    );
    if (serves && wanted.test(path)) await servedByBoth(serves);
  }
  for (const manifest of manifests) await compare("DELETE", `${pathOf(manifest)}/${manifest.metadata.name}`);
  for (const [id, path] of collections) {
    const [apiVersion, kind] = id.split(" ");
    for (const part of [{ metadata: {} }, { metadata: { name: "Bad_Name" }, spec: {} }])
      await compare("POST", path, { apiVersion, kind, ...part });
  }
}
