import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import {
  acceptWebSocketChannels,
  type ChannelConnection,
  collectSpdyChannels,
  exitStatus,
  spdyChannelProtocols,
  wantsSpdy,
} from "@drydock/streams";
import type { ExecSession } from "../../runtime/runtime.ts";
import { answerText, HttpError, type NodeExchange, type NodeHandler } from "../http/node-exchange.ts";
import type { PodDirectory } from "../pod-directory.ts";
import { openExec, type SessionStart } from "../sessions.ts";
import { podOfPath, refOfPath } from "./find-pod.ts";
import { openSpdy, upgradeOf } from "./upgrades.ts";

const NO_POD = "pod does not exist";

/** `/exec/…` and `/attach/…`: a session over WebSocket or SPDY. */
export function remoteCommand(directory: PodDirectory, open: typeof openExec): NodeHandler {
  return async (exchange, parameters) => {
    const { query } = exchange;
    const wants = (name: string) => query.get(name) === "1";
    const wanted = { stdin: wants("input"), stdout: wants("output"), stderr: wants("error"), tty: wants("tty") };
    if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
      throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr");
    const target = refOfPath(podOfPath(directory, parameters, NO_POD), parameters);
    const start = { target, command: query.getAll("command"), ...wanted };
    const upgrade = upgradeOf(exchange);
    const session = await open(directory, start);
    const connection = await openChannels(exchange, upgrade, start).catch(() => undefined);
    if (connection) bridge(connection, session);
    else session.close();
  };
}

/** `/run/…`: a command's whole output, as text. */
export function runCommand(directory: PodDirectory): NodeHandler {
  return async (exchange, parameters) => {
    const target = refOfPath(podOfPath(directory, parameters, NO_POD), parameters);
    const command = (exchange.query.get("cmd") ?? "").split(" ");
    const session = await openExec(directory, {
      target,
      command,
      stdin: false,
      stdout: true,
      stderr: true,
      tty: false,
    });
    exchange.signal.addEventListener("abort", () => session.close(), { once: true });
    const output: Buffer[] = [];
    const collect = async (stream: Readable) => {
      for await (const chunk of stream) output.push(chunk as Buffer);
    };
    const [code] = await Promise.all([session.exitCode, collect(session.stdout), collect(session.stderr)]);
    const text = Buffer.concat(output).toString();
    if (code !== 0) throw new HttpError(500, `command terminated with exit code ${code}: ${text}`);
    answerText(exchange, 200, text, "application/json");
  };
}

async function openChannels(
  exchange: NodeExchange,
  upgrade: ReturnType<typeof upgradeOf>,
  wanted: SessionStart,
): Promise<ChannelConnection> {
  const request = exchange.request as IncomingMessage;
  if (!wantsSpdy(request)) return acceptWebSocketChannels(request, upgrade.socket, upgrade.head);
  const { connection, protocol } = openSpdy(exchange, upgrade, spdyChannelProtocols);
  return collectSpdyChannels(connection, protocol, wanted);
}

function bridge(connection: ChannelConnection, session: ExecSession): void {
  connection.onStdin = (data) => void session.stdin.write(data);
  connection.onStdinClosed = () => void session.stdin.end();
  connection.onResize = (width, height) => void session.resize(width, height).catch(() => {});
  connection.onClose = () => session.close();
  const copies = [
    copy(session.stdout, connection, (chunk) => connection.sendStdout(chunk)),
    copy(session.stderr, connection, (chunk) => connection.sendStderr(chunk)),
  ];
  const end = (status: object) => {
    connection.sendStatus(status);
    connection.close();
  };
  Promise.all([session.exitCode, ...copies]).then(
    ([code]) => end(exitStatus(code, "")),
    (error: Error) => end(exitStatus(0, error.message)),
  );
}

async function copy(output: Readable, connection: ChannelConnection, send: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of output) {
    send(chunk as Buffer);
    if (connection.isCongested) await new Promise<void>((resolve) => connection.whenDrained(resolve));
  }
}
