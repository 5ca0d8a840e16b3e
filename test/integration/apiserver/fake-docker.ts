import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export interface FakeDocker {
  stop(): void;
}

/** A container that is told to be there and to run. */
export interface FakeContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly output: string;
}

const STARTED = "2026-01-01T00:00:00Z";

/** As much of Docker's API as a kubelet needs to look at containers that run already: nothing can be started here. Commands print themselves. */
export async function startFakeDocker(socketPath: string, containers: readonly FakeContainer[]): Promise<FakeDocker> {
  const commands: string[][] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://docker");
    const path = url.pathname.replace(/^\/v[\d.]+/, "");
    const [, kind, id = "", what] = path.split("/");
    if (kind === "version") return answer(response, { Version: "29.0.0", ApiVersion: "1.41", KernelVersion: "6" });
    if (kind === "info") return answer(response, { OperatingSystem: "Fake Linux" });
    if (kind === "events") return void response.writeHead(200).flushHeaders();
    if (kind === "exec") return answer(response, { ExitCode: 0 });
    if (kind !== "containers") return answer(response, []);
    if (id === "json") return answer(response, containers.map(listed).filter(wanted(url)));
    if (what === "exec")
      return void readCommand(request).then((command) => answer(response, { Id: commands.push(command) - 1 }));
    const container = containers.find((candidate) => candidate.id === id);
    if (!container) return answer(response, { message: `No such container: ${id}` }, 404);
    if (what === "stats") return answer(response, stats());
    if (what === "logs") return void response.end(framed(container.output));
    answer(response, inspected(container));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const command = commands[Number(/exec\/(\d+)\/start/.exec(request.url ?? "")?.[1])] ?? [];
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    socket.end(framed(`${command.join(" ")}\n`));
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(response: ServerResponse, value: unknown, code = 200): void {
  response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

async function readCommand(request: IncomingMessage): Promise<string[]> {
  const { Cmd } = JSON.parse(String(await request.toArray())) as { Cmd: string[] };
  return Cmd;
}

const listed = ({ id, labels }: FakeContainer) => ({ Id: id, Labels: labels });

function wanted(url: URL): (container: { Labels: Readonly<Record<string, string>> }) => boolean {
  const { label = [] } = JSON.parse(url.searchParams.get("filters") ?? "{}") as { label?: string[] };
  return ({ Labels }) =>
    label.every((text) => {
      const [name = "", value] = text.split("=");
      return Labels[name] === value;
    });
}

function inspected({ id, labels }: FakeContainer): object {
  return {
    Id: id,
    Created: STARTED,
    Image: "sha256:1",
    Mounts: [],
    Config: { Labels: labels, Image: "app:1", Tty: false },
    State: {
      Status: "running",
      Running: true,
      Pid: 0,
      ExitCode: 0,
      StartedAt: STARTED,
      FinishedAt: "0001-01-01T00:00:00Z",
    },
  };
}

function stats(): object {
  return {
    cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
    memory_stats: {
      usage: 3000,
      limit: 1_000_000,
      stats: { inactive_file: 1000, anon: 500, pgfault: 7, pgmajfault: 1 },
    },
    pids_stats: { current: 2 },
  };
}

/** Docker's framing of a container's standard output. */
function framed(text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}
