import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:https";
import { connect } from "node:tls";
import { allSchemas, fullObject, schemaNameOf } from "@drydock/kube-api";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { type RestAnswer, type RestPeer, rest } from "../loopback/rest.ts";
import { type Malformed, malformedRequest } from "./malformed-requests.ts";
import { SOUND_OBJECTS, type Sound } from "./sound-objects.ts";

/** How many to send; a run with all takes DRYDOCK_TEST_MALFORMED=20000. */
const REQUESTS = Number(process.env["DRYDOCK_TEST_MALFORMED"] ?? 2000);
/** Each request has a seed of its own: this and the following ones. DRYDOCK_TEST_SEED=n DRYDOCK_TEST_MALFORMED=1 repeats one. */
const SEED = Number(process.env["DRYDOCK_TEST_SEED"] ?? 1);
const AT_ONCE = 16;
/** Beyond this, memory is not flat. Measured from a tenth of the requests on; the caches keep all events of 75 seconds. */
const GROWTH_BYTES_MAX = 512 * 1024 * 1024;

interface DiscoveredGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly {
      readonly resource: string;
      readonly scope: string;
      readonly verbs: readonly string[];
      readonly responseKind: { readonly kind: string };
    }[];
  }[];
}

/** Objects of every kind that can be created, with every field filled. */
async function fullObjects(peer: RestPeer): Promise<Sound[]> {
  const found: Sound[] = [];
  const Accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  for (const root of ["/api", "/apis"]) {
    const { json } = await rest(peer, "GET", root, { headers: { Accept } });
    for (const { metadata, versions } of json["items"] as DiscoveredGroup[])
      for (const { version, resources } of versions) {
        const apiVersion = metadata.name ? `${metadata.name}/${version}` : version;
        for (const { resource, scope, verbs, responseKind } of resources) {
          const schema = schemaNameOf(apiVersion, responseKind.kind);
          if (!schema || !allSchemas()[schema] || !verbs.includes("create")) continue;
          const object = fullObject(schema, apiVersion, responseKind.kind);
          const metadata = {
            ...(object["metadata"] as object),
            name: "m",
            namespace: undefined,
            resourceVersion: undefined,
          };
          const namespace = scope === "Namespaced" ? "/namespaces/default" : "";
          found.push({ path: `${root}/${apiVersion}${namespace}/${resource}`, object: { ...object, metadata } });
        }
      }
  }
  return found;
}

/** Sends bytes over TLS as nobody, and returns what comes back until the server closes or says nothing more. */
async function sendRaw({ server, caPem }: RestPeer, text: string): Promise<string> {
  const { hostname, port } = new URL(server);
  const socket = connect({ host: hostname, port: Number(port), ca: caPem, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    answer += chunk;
  });
  await once(socket, "secureConnect");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(text);
  await closed;
  return answer;
}

/** A request as one can be shown. */
function describeRequest(seed: number, { method, path, headers, body }: Malformed): string {
  return `seed ${seed}: ${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body.toString("latin1").slice(0, 300))}`;
}

/** Waiting for a version that may yet come may time out; upstream answers a create that names its version and a binding to no node with 500. In any encoding. */
const EXPECTED = /Timeout|resourceVersion should not be set on objects to be created|target\.(kind|name): /;

function isFailure({ code, bytes }: RestAnswer): boolean {
  return code >= 500 && !EXPECTED.test(bytes.toString("latin1"));
}

describe("malformed requests", function () {
  this.timeout(Math.max(120_000, REQUESTS * 60));
  let server: ApiServer;
  let admin: RestPeer;
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  before(async () => {
    server = await startApiServer();
    admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
  });

  after(async () => {
    agent.destroy();
    await server?.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") console.error((await server.processes.logs("apiserver")).slice(-4000));
  });

  it("that are hardly HTTP cost a connection, not the server", async () => {
    const head = "Host: x\r\nConnection: close\r\n";
    const webSocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n";
    for (const text of [
      `GET // HTTP/1.1\r\n${head}\r\n`,
      `GET http://[ HTTP/1.1\r\n${head}\r\n`,
      `OPTIONS * HTTP/1.1\r\n${head}\r\n`,
      `GET /api/v1/%zz/%00 HTTP/1.1\r\n${head}\r\n`,
      `POST /api/v1/namespaces HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `GET /api/v1/namespaces/x/pods/y/exec?command=z HTTP/1.1\r\nHost: x\r\n${webSocket}\r\n`,
      "\u0016\u0003\u0001 nonsense\r\n\r\n",
    ]) {
      const answer = await sendRaw(admin, text);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 5/, text);
    }
    await eventually("the server is ready", async () => (await rest(admin, "GET", "/readyz")).code === 200);
  });

  const memory = async (): Promise<number> => {
    const metrics = (await rest(admin, "GET", "/metrics")).bytes.toString();
    return Number(/^process_resident_memory_bytes\S* (\S+)/m.exec(metrics)?.[1]);
  };

  /** Sends one; what is wrong with the answer, if anything. */
  const send = async (
    seed: number,
    bases: readonly Sound[],
    codes: Map<number, number>,
  ): Promise<string | undefined> => {
    const request = malformedRequest(seed, bases);
    const { method, path, headers, body } = request;
    const options = method === "GET" || body.length === 0 ? { headers, agent } : { body, headers, agent };
    try {
      const answer = await rest(admin, method, path, options);
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      if (isFailure(answer)) return `${describeRequest(seed, request)}\n  → ${answer.code} ${answer.json.message}`;
    } catch (error) {
      return `${describeRequest(seed, request)}\n  → ${(error as Error).message}`;
    }
    return undefined;
  };

  it(`get an answer, never a failure of the server (${REQUESTS} from seed ${SEED})`, async () => {
    const bases = [...SOUND_OBJECTS, ...(await fullObjects(admin))];
    assert.ok(bases.length > 50, `${bases.length} bases`);
    const codes = new Map<number, number>();
    const failures: string[] = [];
    let startBytes = 0;
    for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
      const seeds = Array.from({ length: Math.min(AT_ONCE, REQUESTS - sent) }, (_, index) => SEED + sent + index);
      const wrong = await Promise.all(seeds.map((seed) => send(seed, bases, codes)));
      failures.push(...wrong.filter((each) => each !== undefined));
      if (startBytes === 0 && sent > REQUESTS / 10) startBytes = await memory();
    }
    assert.equal(failures.length, 0, `${failures.length} failures:\n${failures.slice(0, 10).join("\n")}`);
    if (REQUESTS < 1000) return;
    for (const code of [400, 406, 415, 422]) assert.ok(codes.get(code), JSON.stringify([...codes]));
    const growth = (await memory()) - startBytes;
    assert.ok(growth < GROWTH_BYTES_MAX, `memory grew by ${growth} bytes`);
    const log = await server.processes.logs("apiserver");
    assert.doesNotMatch(log, /"level":"(?:error|fatal)"|unhandled/i);
    assert.equal((await rest(admin, "GET", "/readyz")).code, 200);
  });
});
