import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { respondError } from "../../http/respond.ts";
import { listen, type RunningServer } from "../../http/server.ts";
import { toStatusError } from "../../registry/status-errors.ts";
import { proxyTo } from "./proxy-to.ts";

describe("a proxied request, where the server has a route", () => {
  let front: RunningServer;
  let behind: Server;
  let port: number;

  before(async () => {
    behind = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => response.end(`plain ${incoming.url}`));
    behind.on("upgrade", (incoming: IncomingMessage, socket: Duplex) => {
      if (incoming.url === "/plain") return socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      if (incoming.url === "/no") return socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n${incoming.url} `);
      socket.pipe(socket);
    });
    behind.listen(0, "127.0.0.1");
    await once(behind, "listening");
    port = (behind.address() as AddressInfo).port;
    const pair = await issueCertificate(await createAuthority("ca"), { commonName: "front", usages: ["server"] });
    const cert = Buffer.from(pair.certPem);
    front = await listen({
      host: "127.0.0.1",
      port: 0,
      tls: { current: () => ({ ca: cert, cert, key: Buffer.from(pair.keyPem) }), onChange: () => {} },
      handler: (exchange) =>
        proxyTo(exchange, { scheme: "http", host: "127.0.0.1", port }, exchange.path, {
          kubeletTls: undefined,
          dialPod: undefined,
        }).catch((error) => respondError(exchange, toStatusError(error))),
    });
  });
  after(async () => {
    behind?.closeAllConnections();
    behind?.close();
    await front?.stop(0);
  });

  const ask = async (path: string, upgrade = ""): Promise<[number, string]> => {
    const headers = upgrade === "" ? {} : { Connection: "Upgrade", Upgrade: upgrade };
    const outgoing = request({
      host: "127.0.0.1",
      port: front.port,
      path,
      headers,
      agent: false,
      rejectUnauthorized: false,
    });
    const answered = Promise.race([
      once(outgoing, "response"),
      once(outgoing, "upgrade").then(([answer, socket, head]) => {
        socket.write("hello");
        return [Object.assign(socket, { statusCode: answer.statusCode, head })];
      }),
    ]);
    outgoing.end();
    const [answer] = await answered;
    const parts: Buffer[] = [answer.head ?? Buffer.alloc(0)];
    for await (const part of answer) {
      parts.push(part);
      if (String(part).endsWith("hello")) break;
    }
    const text = Buffer.concat(parts).toString();
    return [answer.statusCode, text.startsWith("{") ? JSON.parse(text).message : text];
  };

  it("is answered", async () => assert.deepEqual(await ask("/a?b"), [200, "plain /a?b"]));

  it("goes over a connection that was kept, unless it is upgraded", async () => {
    let opened = 0;
    behind.on("connection", () => opened++);
    for (let count = 0; count < 3; count++) await ask(`/${count}`);
    assert.equal(opened, 0);
    await ask("/a", "echo");
    assert.equal(opened, 1);
  });

  it("is upgraded without its query, or told why not", async () => {
    assert.deepEqual(await ask("/a?b", "echo"), [101, "/a hello"]);
    assert.deepEqual(await ask("/no", "echo"), [403, "no"]);
    assert.deepEqual(await ask("/plain", "echo"), [500, "invalid upgrade response: status code 200"]);
  });

  it("is told when nobody listens", async () => {
    behind.closeAllConnections();
    behind.close();
    await once(behind, "close");
    const why = `dial tcp 127.0.0.1:${port}: connect: connection refused`;
    assert.deepEqual(await ask("/a"), [503, `error trying to reach service: ${why}`]);
    assert.deepEqual(await ask("/a", "echo"), [500, `error dialing backend: ${why}`]);
  });
});
