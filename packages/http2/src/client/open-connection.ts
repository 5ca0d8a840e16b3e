import { once } from "node:events";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContextOptions } from "node:tls";
import { ClientConnection, type ClientOptions } from "./client-connection.ts";

export interface ClientTls extends Pick<SecureContextOptions, "ca" | "cert" | "key"> {
  /** False for a server that shows a certificate of its own making. */
  readonly rejectUnauthorized?: boolean;
}

export interface Target extends ClientOptions {
  readonly host: string;
  readonly port: number;
  /** Authority and, if the server asks for it, identity; without them the connection is plain. */
  readonly tls?: ClientTls | undefined;
  /** From the look-up of the name to the server's settings. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A connection whose server has said its settings. Names are resolved anew each time. Rejects with what went wrong. */
export async function openConnection(target: Target): Promise<ClientConnection> {
  const socket = target.tls ? startTls(target) : connectPlain(target.port, target.host);
  socket.on("error", () => {});
  const timer = setTimeout(
    () => socket.destroy(new Error("the connection did not come about in time")),
    target.timeoutMs,
  );
  const abort = () => socket.destroy(new Error("the connection was given up"));
  if (target.signal?.aborted) abort();
  target.signal?.addEventListener("abort", abort, { once: true });
  try {
    await once(socket, target.tls ? "secureConnect" : "connect");
    return await greeted(checkProtocol(socket), target);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    target.signal?.removeEventListener("abort", abort);
  }
}

function startTls({ host, port, tls }: Target): Socket {
  return connectTls({ ...tls, host, port, ALPNProtocols: ["h2"], ...(isIP(host) ? {} : { servername: host }) });
}

function checkProtocol(socket: Socket): Socket {
  if ("alpnProtocol" in socket && socket.alpnProtocol !== "h2") throw new Error("the server does not speak HTTP/2");
  return socket;
}

function greeted(socket: Socket, options: ClientOptions): Promise<ClientConnection> {
  return new Promise((resolve, reject) => {
    const connection = new ClientConnection(socket, options);
    const onClose = (reason: string) => reject(new Error(reason));
    connection.once("close", onClose);
    connection.once("ready", () => {
      connection.off("close", onClose);
      resolve(connection);
    });
  });
}
