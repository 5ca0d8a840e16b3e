import assert from "node:assert/strict";
import { once } from "node:events";
import type { SecureContextOptions } from "node:tls";
import { Worker } from "node:worker_threads";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { POST } from "../testing/raw-client.ts";
import { openConnection } from "./open-connection.ts";

/** A server in a thread of its own. It counts in shared memory how often it hears "flushed", and in how many pieces of what arrives. */
const SERVER = `
  const { parentPort, workerData: { shared, tls } } = require("node:worker_threads");
  const counts = new Int32Array(shared);
  const serve = (socket) => {
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const heard = chunk.toString("latin1").split("flushed").length - 1;
      if (heard === 0) return;
      Atomics.add(counts, 1, 1);
      Atomics.add(counts, 0, heard);
      Atomics.notify(counts, 0);
    });
  };
  const server = tls
    ? require("node:tls").createServer({ ...tls, ALPNProtocols: ["h2"] }, serve)
    : require("node:net").createServer(serve);
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
const WAIT_MS = 5000;
const IGNORED = { onHead: () => {}, onData: () => {}, onEnd: () => {} };

async function issueTls(): Promise<SecureContextOptions> {
  const authority = await createAuthority("test");
  const { certPem, keyPem } = await issueCertificate(authority, {
    commonName: "server",
    subjectAltNames: ["127.0.0.1"],
    usages: ["server"],
  });
  return { ca: authority.certPem, cert: certPem, key: keyPem };
}

for (const kind of ["plain", "TLS"] as const)
  describe(`a client's writes over ${kind}`, function () {
    this.timeout(30_000);
    let worker: Worker;
    let counts: Int32Array;

    async function connect() {
      const tls = kind === "TLS" ? await issueTls() : undefined;
      const shared = new SharedArrayBuffer(8);
      counts = new Int32Array(shared);
      worker = new Worker(SERVER, { eval: true, workerData: { shared, tls } });
      const [port] = await once(worker, "message");
      const connection = await openConnection({ host: "127.0.0.1", port, timeoutMs: WAIT_MS, tls });
      return { connection, stream: connection.open(POST, IGNORED) };
    }
    afterEach(() => worker.terminate());

    it("reach the kernel with flush, while this thread does nothing else", async () => {
      const { connection, stream } = await connect();
      for (let round = 0; round < 5; round++) {
        stream.write(Buffer.from("flushed"));
        connection.flush();
        Atomics.wait(counts, 0, round, WAIT_MS);
        assert.equal(counts[0], round + 1);
        if (kind === "TLS") await new Promise((resolve) => setTimeout(resolve));
      }
      connection.destroy();
    });

    it("go as one when they are of one turn", async () => {
      const { connection, stream } = await connect();
      for (let count = 0; count < 50; count++) stream.write(Buffer.from("flushed"));
      await new Promise((resolve) => setImmediate(resolve));
      for (let heard = 0; heard < 50; heard = Atomics.load(counts, 0))
        assert.notEqual(Atomics.wait(counts, 0, heard, WAIT_MS), "timed-out");
      assert.equal(counts[1], 1);
      connection.destroy();
    });
  });
