import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, createAuthority, issueCertificate } from "@drydock/pki";
import {
  ChannelCredentials,
  Client,
  type ClientOptions,
  type Metadata as GrpcMetadata,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { GrpcServices } from "../rpc/grpc-services.ts";
import { HTTP2_TRANSPORTS } from "./http2-transport.ts";
import { type Listener, listen, type Served, type TlsOptions } from "./listen.ts";
import { asItIs, handler, SERVICE, TestService, type Unary } from "./testing/test-service.ts";

/** Each transport beneath grpc-js, and our own with what it serves by itself. */
const MODES = [...HTTP2_TRANSPORTS, "direct"] as const;
type Mode = (typeof MODES)[number];

for (const transport of MODES)
  describe(`the ${transport} transport`, function () {
    this.timeout(30_000);
    plainSuite(transport);
    tlsSuite(transport);
  });

function plainSuite(transport: Mode): void {
  let service: TestService;
  let listener: Listener;
  let client: Client;
  const server = () => `127.0.0.1:${listener.port}`;

  beforeEach(async () => {
    service = new TestService();
    listener = await listen(new URL("http://127.0.0.1:0"), undefined, served(transport, service));
    client = new Client(server(), ChannelCredentials.createInsecure(), CLIENT_OPTIONS);
  });
  afterEach(async () => {
    client.close();
    await listener.stop(100);
  });

  it("answers unary calls, with metadata both ways", async () => {
    const metadata = new Metadata();
    metadata.set("x-text", "some, text");
    metadata.set("x-octets-bin", Buffer.from([0, 255, 10, 13]));
    const answer = await unary(client, Buffer.from("hello"), metadata);
    assert.equal(answer.message.toString(), "hello");
    for (const got of [answer.initial, answer.trailing]) {
      assert.deepEqual(got.get("x-text"), ["some, text"]);
      assert.deepEqual(got.get("x-octets-bin"), [Buffer.from([0, 255, 10, 13])]);
    }
  });

  it("answers with errors, their details and metadata", async () => {
    const failed = await unary(client, Buffer.from("fail")).catch((error: ServiceError) => error);
    assert.ok(failed instanceof Error);
    assert.equal(failed.code, status.NOT_FOUND);
    assert.equal(failed.details, "étage: 5%\n");
    assert.deepEqual(failed.metadata.get("x-why"), ["because"]);
    await assert.rejects(unary(client, Buffer.alloc(0), new Metadata(), "missing"), { code: status.UNIMPLEMENTED });
  });

  it("carries messages of 10 MB both ways", async () => {
    const message = Buffer.alloc(10 << 20, "drydock ");
    assert.ok((await unary(client, message)).message.equals(message));
    assert.equal((await unary(client, Buffer.alloc(0))).message.length, 0);
  });

  it("answers many calls at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => unary(client, Buffer.from(`${index}`))),
    );
    assert.ok(answers.every(({ message }, index) => message.toString() === `${index}`));
  });

  it("streams down, up and both ways", async () => {
    const down = client.makeServerStreamRequest(SERVICE.down.path, asItIs, asItIs, Buffer.from([0, 200, 39, 16]));
    let octets = 0;
    for await (const part of down) octets += (part as Buffer).length;
    assert.equal(octets, 200 * 10_000);

    const uploaded = await new Promise<Buffer | undefined>((resolve, reject) => {
      const up = client.makeClientStreamRequest(
        SERVICE.up.path,
        asItIs,
        asItIs,
        (error: ServiceError | null, got?: Buffer) => (error ? reject(error) : resolve(got)),
      );
      for (let part = 0; part < 100; part++) up.write(Buffer.alloc(1000, part));
      up.end();
    });
    assert.equal(uploaded?.length, 100_000);

    const both = client.makeBidiStreamRequest(SERVICE.both.path, asItIs, asItIs);
    for (const word of ["one", "two", "three"]) {
      both.write(Buffer.from(word));
      assert.equal(String((await once(both, "data"))[0]), word);
    }
    both.end();
    assert.equal((await once(both, "status"))[0].code, status.OK);
  });

  it("holds back a stream that the client does not read, and goes on when it does", async () => {
    const down = client.makeServerStreamRequest(SERVICE.down.path, asItIs, asItIs, Buffer.from([7, 208, 39, 16]));
    await once(down, "readable");
    assert.equal((await unary(client, Buffer.from("meanwhile"))).message.toString(), "meanwhile");
    let octets = 0;
    for await (const part of down) octets += (part as Buffer).length;
    assert.equal(octets, 2000 * 10_000);
  });

  it("ends calls at their deadline, and tells the server of those that are cancelled", async () => {
    // Once connected, the call has come to the server long before its deadline.
    await unary(client, Buffer.alloc(0));
    await assert.rejects(unary(client, Buffer.alloc(0), new Metadata(), "hang", 500), {
      code: status.DEADLINE_EXCEEDED,
    });
    await until(() => service.cancelled === 1);
    const both = client.makeBidiStreamRequest(SERVICE.both.path, asItIs, asItIs);
    both.on("error", () => {});
    both.write(Buffer.from("x"));
    await once(both, "data");
    both.cancel();
    await until(() => service.cancelled === 2);
  });

  it("answers the client's keepalive pings", async () => {
    const lively = new Client(server(), ChannelCredentials.createInsecure(), {
      "grpc.keepalive_time_ms": 50,
      "grpc.keepalive_timeout_ms": 20_000,
      ...CLIENT_OPTIONS,
    });
    const both = lively.makeBidiStreamRequest(SERVICE.both.path, asItIs, asItIs);
    both.on("error", () => {});
    await new Promise((resolve) => setTimeout(resolve, 400));
    both.write(Buffer.from("still here"));
    assert.equal(String((await once(both, "data"))[0]), "still here");
    lively.close();
    both.cancel();
  });

  it("stops gracefully: calls in flight are answered, new ones are not taken", async () => {
    const both = client.makeBidiStreamRequest(SERVICE.both.path, asItIs, asItIs);
    both.write(Buffer.from("before"));
    await once(both, "data");
    const stopped = listener.stop(10_000);
    both.write(Buffer.from("after"));
    assert.equal(String((await once(both, "data"))[0]), "after");
    both.end();
    assert.equal((await once(both, "status"))[0].code, status.OK);
    await stopped;
    await assert.rejects(unary(client, Buffer.alloc(0)), { code: status.UNAVAILABLE });
  });

  it("stops in time when calls do not end", async () => {
    const hanging = unary(client, Buffer.alloc(0), new Metadata(), "hang");
    hanging.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedMs = performance.now();
    await listener.stop(200);
    assert.ok(performance.now() - startedMs < 5000);
    await assert.rejects(hanging);
  });

  it("serves HTTP/1.1 on the same port, several requests to a connection", async () => {
    for (const body of ["", "hello"])
      assert.deepEqual(await http1(listener.port, "/path?x=1", body), expected(body, "/path?x=1"));
    assert.equal((await http1Status(listener.port, "/throw")).status, 500);
    const large = await http1Status(listener.port, "/large");
    assert.equal(large.octets, 5_000_000);
  });

  it("serves requests of HTTP/2 that are none of gRPC", async () => {
    const session = connectHttp2(`http://${server()}`);
    const ask = async (path: string, body: string) => {
      const stream = session.request({ ":path": path, ":method": body ? "POST" : "GET", "x-test": "yes" });
      if (body) stream.end(body);
      const [headers] = await once(stream, "response");
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return { status: headers[":status"], text: Buffer.concat(chunks).toString() };
    };
    assert.deepEqual(JSON.parse((await ask("/p", "hello")).text), expected("hello", "/p"));
    assert.deepEqual(JSON.parse((await ask("/p", "")).text), expected("", "/p"));
    assert.equal((await ask("/throw", "")).status, 500);
    assert.equal((await ask("/large", "")).text.length, 5_000_000);
    session.close();
  });

  it("understands a client that speaks in single octets", async () => {
    const socket = connectSocket(listener.port, "127.0.0.1");
    for (const octet of "GET /slow HTTP/1.1\r\nhost: x\r\nx-test: yes\r\nconnection: close\r\n\r\n") {
      socket.write(octet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n.*"target":"\/slow"/s);
  });
}

function tlsSuite(transport: Mode): void {
  let directory: string;
  let authority: Authority;
  let clientPair: { cert: Buffer; key: Buffer };
  let listener: Listener | undefined;
  const files = () => ({
    caFile: join(directory, "ca.crt"),
    certFile: join(directory, "tls.crt"),
    keyFile: join(directory, "tls.key"),
  });
  const writeServerPair = async (commonName: string): Promise<void> => {
    const pair = await issueCertificate(authority, {
      commonName,
      subjectAltNames: ["127.0.0.1", "localhost"],
      usages: ["server"],
    });
    await writeFile(files().certFile, pair.certPem);
    await writeFile(files().keyFile, pair.keyPem);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-transport-"));
    authority = await createAuthority("test");
    await writeFile(files().caFile, authority.certPem);
    await writeServerPair("server-1");
    const pair = await issueCertificate(authority, { commonName: "alice", usages: ["client"] });
    clientPair = { cert: Buffer.from(pair.certPem), key: Buffer.from(pair.keyPem) };
  });
  after(() => rm(directory, { recursive: true, force: true }));
  afterEach(() => listener?.stop(100));

  const start = async (requiresCertificate: boolean, service = new TestService()): Promise<number> => {
    const tls: TlsOptions = { ...files(), requiresCertificate };
    listener = await listen(new URL("https://localhost:0"), tls, served(transport, service));
    return listener.port;
  };
  const clientOf = (port: number, pair?: { cert: Buffer; key: Buffer }) =>
    new Client(
      `localhost:${port}`,
      ChannelCredentials.createSsl(Buffer.from(authority.certPem), pair?.key ?? null, pair?.cert ?? null),
      CLIENT_OPTIONS,
    );

  it("tells the server whose certificate the client has shown", async () => {
    const service = new TestService();
    const client = clientOf(await start(true, service), clientPair);
    assert.equal((await unary(client, Buffer.alloc(100_000))).message.length, 100_000);
    const context = service.authContext as ReturnType<Unary["getAuthContext"]>;
    assert.equal(context.transportSecurityType, "ssl");
    assert.equal(context.sslPeerCertificate?.subject.CN, "alice");
    client.close();
  });

  it("turns a client without a certificate away where one is required, and takes it where not", async () => {
    const refused = clientOf(await start(true));
    await assert.rejects(unary(refused, Buffer.alloc(0)), { code: status.UNAVAILABLE });
    refused.close();
    await listener?.stop(100);
    const service = new TestService();
    const taken = clientOf(await start(false, service));
    await unary(taken, Buffer.alloc(0));
    assert.deepEqual(service.authContext, {});
    taken.close();
  });

  it("serves HTTP/1.1 over TLS, and knows the client's name", async () => {
    const port = await start(false);
    const ask = async (pair: object): Promise<{ name?: string }> => {
      const request = httpsRequest({
        port,
        host: "localhost",
        path: "/",
        ca: authority.certPem,
        agent: false,
        ...pair,
      });
      request.end();
      const [response] = await once(request, "response");
      let text = "";
      for await (const chunk of response) text += chunk;
      return JSON.parse(text);
    };
    assert.equal((await ask(clientPair)).name, "alice");
    assert.equal((await ask({})).name, undefined);
  });

  it("reads certificates anew when the files change, and keeps the old ones while they do not fit", async () => {
    const port = await start(false);
    const nameNow = async (): Promise<string> => {
      const request = httpsRequest({ port, host: "localhost", ca: authority.certPem, agent: false });
      request.end();
      const [response] = await once(request, "response");
      const name = response.socket.getPeerCertificate().subject.CN;
      response.resume();
      await once(response, "end");
      return name;
    };
    assert.equal(await nameNow(), "server-1");
    await writeServerPair("server-two");
    assert.equal(await nameNow(), "server-two");
    await writeFile(files().keyFile, "no key at all");
    assert.equal(await nameNow(), "server-two");
    await writeServerPair("server-1");
    assert.equal(await nameNow(), "server-1");
  });
}

const CLIENT_OPTIONS: ClientOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.use_local_subchannel_pool": 1,
};

function served(mode: Mode, service: TestService): Served {
  const { missing: _missing, ...implemented } = SERVICE;
  const services = new GrpcServices(100 << 20);
  services.add(implemented, service.handlers());
  const { server: grpcServer, direct } = services;
  if (mode === "direct") return { grpcServer, direct, http: handler, transport: "own" };
  return { grpcServer, http: handler, transport: mode };
}

interface Answer {
  readonly message: Buffer;
  readonly initial: GrpcMetadata;
  readonly trailing: GrpcMetadata;
}

function unary(
  client: Client,
  message: Buffer,
  metadata = new Metadata(),
  name: "unary" | "hang" | "missing" = "unary",
  deadlineMs = 20_000,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let initial = new Metadata();
    let answer: Buffer = Buffer.alloc(0);
    const options = { deadline: Date.now() + deadlineMs };
    const call = client.makeUnaryRequest(
      SERVICE[name].path,
      asItIs,
      asItIs,
      message,
      metadata,
      options,
      (error, got) => {
        if (error) reject(error);
        answer = got ?? answer;
      },
    );
    call.on("metadata", (got) => {
      initial = got;
    });
    call.on("status", (end) => {
      if (end.code === status.OK) resolve({ message: answer, initial, trailing: end.metadata });
    });
  });
}

function expected(body: string, target: string) {
  return { method: body ? "POST" : "GET", target, octets: body.length, x: "yes" };
}

async function http1(port: number, path: string, body: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: body ? "POST" : "GET",
    headers: { "x-test": "yes" },
    ...(body ? { body } : {}),
  });
  return response.json();
}

async function http1Status(port: number, path: string): Promise<{ status: number | undefined; octets: number }> {
  const [response] = await once(httpGet({ port, path, host: "127.0.0.1" }), "response");
  let octets = 0;
  for await (const chunk of response) octets += chunk.length;
  return { status: response.statusCode, octets };
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it does not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
