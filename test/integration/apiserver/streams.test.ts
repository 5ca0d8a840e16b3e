import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { eventually } from "../loopback/eventually.ts";
import { addRunningPod, type FakeKubelet, startFakeKubelet } from "./fake-kubelet.ts";
import { findKubectls, Kubectl } from "./kubectl.ts";

const NAMESPACE = "default";
/** More than fits into any buffer on the way. */
const MANY_BYTES = 5 * 1024 * 1024;

describe("streams through the apiserver", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let kubelet: FakeKubelet;
  let web: Server;

  before(async function () {
    this.timeout(90_000);
    [server, kubelet] = await Promise.all([startApiServer(), startFakeKubelet()]);
    web = createServer((_request, response) => response.end("hello from the pod")).listen(0, "127.0.0.1");
    await once(web, "listening");
    await addRunningPod(server.client, kubelet);
  });

  after(async () => {
    web?.close();
    kubelet?.stop();
    await server?.stop();
  });

  describe("a WebSocket client", () => {
    const open = async (path: string, protocol: string | string[], headers: Record<string, string> = {}) => {
      const admin = await server.connection("rest", "kubernetes-admin", ["system:masters"]);
      const socket = new WebSocket(`${admin.server.replace("https", "wss")}${path}`, protocol, {
        ca: admin.caPem,
        cert: admin.certPem,
        key: admin.keyPem,
        headers,
      });
      await once(socket, "open");
      return socket;
    };

    it("watches, a message an event", async () => {
      const path = "/api/v1/namespaces?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Ddefault";
      const messages = async (accept: string) => {
        const socket = await open(path, "anything", { origin: "https://somewhere", accept });
        const received: [Buffer, boolean][] = [];
        socket.on("message", (data: Buffer, isBinary: boolean) => received.push([data, isBinary]));
        const [code] = (await once(socket, "close")) as [number];
        assert.deepEqual([code, socket.protocol, received.length], [1000, "anything", 1]);
        return received[0] as [Buffer, boolean];
      };
      const [text, isBinary] = await messages("application/json");
      const { type, object } = JSON.parse(text.toString("utf8"));
      assert.deepEqual([isBinary, type, object.metadata.name], [false, "ADDED", "default"]);
      const [event, isBinaryToo] = await messages("application/vnd.kubernetes.protobuf");
      assert.deepEqual([isBinaryToo, event.subarray(0, 7).toString("latin1")], [true, "\n\x05ADDED"]);
      await assert.rejects(open(path, []), /Unexpected server response: 403/);
      await assert.rejects(open(path, ["a", "b"], { origin: "https://somewhere" }), /Unexpected server response: 400/);
    });

    it("reads logs in messages, in base64 if it wants them so", async () => {
      for (const protocol of ["binary.k8s.io", "base64.binary.k8s.io"]) {
        const socket = await open(`/api/v1/namespaces/${NAMESPACE}/pods/app-pod/log`, protocol);
        const received: string[] = [];
        socket.on("message", (data: Buffer) => received.push(data.toString("latin1")));
        await once(socket, "close");
        assert.equal(received[0], "");
        const coding = protocol.startsWith("base64") ? "base64" : "latin1";
        const text = received.map((message) => Buffer.from(message, coding).toString("utf8")).join("");
        assert.equal(text, "first\nsecond\nthird\n");
      }
    });

    it("runs a command over v5 channels: input, its end, output and outcome", async () => {
      const query = "command=sh&command=-c&command=cat;%20exit%204&stdin=true&stdout=true&stderr=true";
      const path = `/api/v1/namespaces/${NAMESPACE}/pods/app-pod/exec?${query}`;
      const socket = await open(path, "v5.channel.k8s.io");
      const received: Buffer[] = [];
      socket.on("message", (data: Buffer) => received.push(data));
      const closed = once(socket, "close");
      socket.send(Buffer.from("\0some input\n"));
      // 255 ends a channel: that of the input.
      socket.send(Buffer.from([255, 0]));
      await closed;
      const channel = (number: number) =>
        Buffer.concat(received.filter((data) => data[0] === number).map((data) => data.subarray(1))).toString("utf8");
      assert.equal(channel(1), "some input\n");
      const outcome = JSON.parse(channel(3)) as { reason?: string; details?: { causes?: object[] } };
      assert.equal(outcome.reason, "NonZeroExitCode");
      assert.deepEqual(outcome.details?.causes, [{ reason: "ExitCode", message: "4" }]);
    });

    it("is answered before the upgrade when there is nothing to run", async () => {
      for (const [path, code] of [
        ["pods/none/exec?command=x&stdout=true", 404],
        ["pods/app-pod/exec?stdout=true", 400],
        ["pods/app-pod/exec?command=x", 400],
        ["pods/app-pod/exec?command=x&stdout=true&container=none", 400],
      ] as const) {
        const opened = open(`/api/v1/namespaces/${NAMESPACE}/${path}`, "v5.channel.k8s.io");
        await assert.rejects(opened, new RegExp(`Unexpected server response: ${code}`), path);
      }
    });
  });

  for (const [index, binary] of findKubectls().entries()) {
    describe(binary.name, () => {
      let kubectl: Kubectl;

      before(async () => {
        const kubeconfig = await server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
        kubectl = await Kubectl.create(binary, server.path(`home-${index}`), kubeconfig);
      });

      it("runs a command: output, errors and exit code each where they belong", async () => {
        const { code, stdout, stderr } = await kubectl.run([
          ...["exec", "app-pod", "--", "sh", "-c", "echo out; echo problem >&2; exit 3"],
        ]);
        assert.equal(stdout, "out\n");
        assert.match(stderr, /^problem\n/);
        assert.match(stderr, /command terminated with exit code 3/);
        assert.equal(code, 3);
        assert.equal(await kubectl.ok(["exec", "app-pod", "--", "echo", "two words"]), "two words\n");
      });

      it("carries much in both directions without loss, and the end of the input", async () => {
        const text = "0123456789abcdef".repeat(MANY_BYTES / 16);
        const back = await kubectl.ok("exec -i app-pod -- cat", text);
        assert.equal(back.length, text.length);
        assert.ok(back === text, "the bytes differ");
      });

      it("gives a terminal to who has one, and its size", async () => {
        const terminal = kubectl.startOnTerminal(
          "stty rows 33 cols 99; exec $KUBECTL exec -it app-pod -- sh -c 'read line; echo got $line'",
        );
        let text = "";
        terminal.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        const exit = once(terminal, "close");
        await eventually("the size has arrived", async () => text.includes("size 99x33"));
        terminal.stdin?.write("typed\n");
        assert.equal((await exit)[0], 0, text);
        assert.match(text, /got typed/);
      });

      it("tells why a command could not be run", async () => {
        const text = await kubectl.fails("exec app-pod -- /no/such/program");
        assert.match(text, /exec: spawn \/no\/such\/program ENOENT/);
        assert.match(
          await kubectl.fails("exec app-pod -c nobody -- true"),
          /container nobody is not valid for pod app-pod/,
        );
        assert.match(await kubectl.fails("exec none -- true"), /pods "none" not found/);
      });

      it("attaches", async () => {
        assert.equal(await kubectl.ok("attach -i app-pod", "something\n"), "attached\ngot something\n");
      });

      it("copies a file in and out", async () => {
        const local = server.path(`local-${index}`);
        const remote = server.path(`remote-${index}`);
        const back = server.path(`back-${index}`);
        await writeFile(local, "x".repeat(100_000));
        await kubectl.ok(["cp", local, `app-pod:${remote}`]);
        assert.equal((await readFile(remote)).length, 100_000);
        await kubectl.ok(["cp", `app-pod:${remote}`, back]);
        assert.deepEqual(await readFile(back), await readFile(local));
      });

      it("shows logs", async () => {
        assert.equal(await kubectl.ok("logs app-pod"), "first\nsecond\nthird\n");
        assert.equal(await kubectl.ok("logs app-pod --tail=1"), "third\n");
      });

      it("forwards a port, several connections through one", async () => {
        const { port } = web.address() as AddressInfo;
        const child = kubectl.start(`port-forward app-pod :${port}`);
        let text = "";
        for (const stream of [child.stdout, child.stderr])
          stream?.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
        try {
          const local = await eventually("it listens", async () => /127\.0\.0\.1:(\d+) ->/.exec(text)?.[1]);
          const fetched = Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${local}/`)).text());
          assert.deepEqual(await Promise.all(fetched), Array(5).fill("hello from the pod"), text);
        } finally {
          child.kill("SIGKILL");
        }
      });
    });
  }
});
