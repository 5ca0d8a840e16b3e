import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { Server } from "@grpc/grpc-js";
import type { HttpHandler } from "../http/exchange.ts";
import { HTTP2_TRANSPORTS } from "./http2-transport.ts";
import { type Listener, listen } from "./listen.ts";
import { type HttpVersion, sniff } from "./sniff.ts";

for (const transport of HTTP2_TRANSPORTS)
  describe(`HTTP beside gRPC, by the ${transport} transport`, () => {
    let listener: Listener;
    let handler: HttpHandler;

    beforeEach(async () => {
      const http: HttpHandler = (request, response) => handler(request, response);
      listener = await listen(new URL("http://127.0.0.1:0"), undefined, { grpcServer: new Server(), http, transport });
    });
    afterEach(() => listener.stop(100));

    const openHttp2 = () => connectHttp2(`http://127.0.0.1:${listener.port}`);

    it("gives no body to HEAD and to 204, whatever the handler writes", async () => {
      handler = async (request, response) => {
        response.begin(request.method === "HEAD" ? 200 : 204, { Connection: "close", "X-Test": 1 });
        response.write("body");
        response.end("more");
      };
      const session = openHttp2();
      for (const method of ["HEAD", "GET"]) {
        const stream = session.request({ ":method": method });
        const [headers] = await once(stream, "response");
        assert.equal(headers["x-test"], "1");
        assert.equal(headers["connection"], undefined);
        stream.on("data", () => assert.fail("a body"));
        await once(stream, "close");
      }
      session.close();
    });

    it("tells the handler when the client is gone, by either HTTP", async () => {
      let aborted = 0;
      let asked = (): void => {};
      handler = async (request) => {
        asked();
        await once(request.signal, "abort");
        aborted++;
      };
      const nextRequest = () =>
        new Promise<void>((resolve) => {
          asked = resolve;
        });
      const session = openHttp2();
      let arrived = nextRequest();
      const stream = session.request({ ":path": "/" });
      stream.on("error", () => {});
      await arrived;
      stream.close(8);
      await until(() => aborted === 1);
      session.close();

      arrived = nextRequest();
      const request = get({ port: listener.port, host: "127.0.0.1" });
      request.on("error", () => {});
      await arrived;
      request.destroy();
      await until(() => aborted === 2);
    });

    it("answers a handler that fails, at once or in the middle", async () => {
      handler = async (request, response) => {
        if (request.target === "/middle") {
          response.begin(200, {});
          response.write("some");
        }
        throw new Error("a bug");
      };
      const session = openHttp2();
      const stream = session.request({ ":path": "/middle" });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("close", resolve));
      assert.equal(stream.rstCode, 2);
      session.close();
      const url = `http://127.0.0.1:${listener.port}`;
      assert.equal((await fetch(`${url}/`)).status, 500);
      await assert.rejects(fetch(`${url}/middle`).then((response) => response.text()));
    });

    it("stops without waiting for connections of HTTP/1.1 that are between requests", async () => {
      handler = async (_request, response) => {
        response.begin(200, {});
        response.end("ok");
      };
      const agent = new Agent({ keepAlive: true });
      const [response] = await once(get({ port: listener.port, host: "127.0.0.1", agent }), "response");
      response.resume();
      await once(response, "end");
      const startedMs = performance.now();
      await listener.stop(20_000);
      assert.ok(performance.now() - startedMs < 5000);
      agent.destroy();
    });
  });

describe("sniffing", () => {
  for (const [octets, version] of [
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "2"],
    ["PRI ", "2"],
    ["PRAISE / HTTP/1.1\r\n", "1.1"],
    ["GET / HTTP/1.1\r\n", "1.1"],
    ["\x16\x03\x01", "1.1"],
    ["PRI", "no more to wait for"],
    ["", "no more to wait for"],
  ] as [string, HttpVersion | string][])
    it(`calls ${JSON.stringify(octets)} ${version}`, async () => {
      const sockets: Socket[] = [];
      const heard = new Promise<string>((resolve) => {
        const server = createServer((socket) => {
          server.close();
          socket.once("close", () => resolve("no more to wait for"));
          sniff(socket, version.startsWith("no more") ? 200 : 10_000, (found, head) =>
            resolve(head.toString("latin1") === octets ? found : "an octet was lost"),
          );
        }).listen(0, "127.0.0.1", () => {
          const { port } = server.address() as { port: number };
          const client = connect(port, "127.0.0.1");
          client.on("error", () => {});
          client.setNoDelay(true);
          sockets.push(client);
          if (octets) client.write(octets);
        });
      });
      assert.equal(await heard, version);
      for (const socket of sockets) socket.destroy();
    });
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it does not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
