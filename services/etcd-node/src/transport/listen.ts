import { lookup } from "node:dns/promises";
import { type AddressInfo, createServer, isIP, type ListenOptions, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from "node:tls";
import type { TlsFiles } from "@drydock/component";
import type { DirectGrpc } from "@drydock/http2";
import type { Server as GrpcServer } from "@grpc/grpc-js";
import type { HttpHandler } from "../http/exchange.ts";
import { Http1Server } from "./http1.ts";
import { createHttp2Transport, type Http2TransportName } from "./http2-transport.ts";
import { sniff } from "./sniff.ts";
import { followTlsFiles, readTlsFiles } from "./tls-files.ts";
import { isAllowed, type TlsLimits } from "./tls-limits.ts";

/** From the connection to the end of the TLS handshake, and to the first octets after it. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const ABSENT = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

export interface TlsOptions extends TlsFiles {
  /** Whether a client without a certificate of the authority is turned away. */
  readonly requiresCertificate: boolean;
  /** Certificates that are good no more; empty for none. */
  readonly crlFile?: string;
  readonly limits?: TlsLimits;
}

/** At least one of gRPC and HTTP: where one is absent, it is refused. */
export interface Served {
  readonly grpcServer?: GrpcServer;
  /** For methods that our own transport serves without the gRPC server. */
  readonly direct?: DirectGrpc;
  /** Whatever is not gRPC, by HTTP/1.1 or HTTP/2. */
  readonly http?: HttpHandler;
  readonly transport: Http2TransportName;
  /** Whether another process may listen at the same address. */
  readonly reusesPort?: boolean;
  /** TLS files that changed and cannot be read. */
  readonly onProblem?: (error: Error) => void;
}

export interface Listener {
  readonly port: number;
  /** Takes no new connections, lets those that are there finish, and after `graceMs` ends them. */
  stop(graceMs: number): Promise<void>;
}

/** Serves gRPC and HTTP on one port: HTTP/2, or HTTP/1.1 for those who speak that. */
export async function listen(url: URL, tls: TlsOptions | undefined, served: Served): Promise<Listener> {
  const http1 = served.http && new Http1Server(served.http);
  // Without TLS nobody can ask for HTTP/2 but who knows that gRPC is there.
  const http2 = tls || served.grpcServer ? createHttp2Transport(served.transport, served) : undefined;
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sniff(socket, HANDSHAKE_TIMEOUT_MS, (version, head) => {
      const server = version === "2" ? http2 : http1;
      if (server) server.accept(socket, head);
      else socket.destroy();
    });
  };
  const makeServer = (): Server => {
    const server = tls ? serveTls(tls, served, onSocket) : createServer(onSocket);
    return server.on("connection", (socket: Socket) => {
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
  };
  const servers = await bindAll(url, served.reusesPort ?? false, makeServer);
  return {
    port: portOf(servers),
    async stop(graceMs) {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      http1?.close();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await http2?.close(graceMs);
      await Promise.all(closed);
      clearTimeout(timer);
    },
  };
}

function serveTls(tls: TlsOptions, { onProblem }: Served, onSocket: (socket: TLSSocket) => void): Server {
  const server = createTlsServer(
    {
      ...readTlsFiles(tls),
      ...versionsAndCiphers(tls.limits),
      ALPNProtocols: ["h2", "http/1.1"],
      requestCert: true,
      rejectUnauthorized: tls.requiresCertificate,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    (socket) => {
      if (tls.limits && !isAllowed(tls.limits, socket.getPeerCertificate())) socket.destroy();
      else onSocket(socket);
    },
  );
  followTlsFiles(server, tls, onProblem ?? (() => {}));
  return server.on("tlsClientError", () => {});
}

function versionsAndCiphers(limits: TlsLimits | undefined): SecureContextOptions {
  if (!limits) return {};
  const { minVersion, maxVersion, ciphers } = limits;
  return { minVersion, ...(maxVersion ? { maxVersion } : {}), ...(ciphers ? { ciphers } : {}) };
}

/** A name may stand for several addresses, as localhost does; those that this machine does not have are passed over. */
async function bindAll(url: URL, reusePort: boolean, makeServer: () => Server): Promise<Server[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
  const servers: Server[] = [];
  const failures: NodeJS.ErrnoException[] = [];
  for (const address of new Set(addresses))
    await bind(makeServer(), { host: address, port: portOf(servers) || Number(url.port), reusePort }).then(
      (server) => servers.push(server),
      (error) => failures.push(error),
    );
  const failure = failures.find(({ code }) => !ABSENT.has(String(code))) ?? (servers.length === 0 && failures[0]);
  if (!failure) return servers;
  for (const server of servers) server.close();
  throw new Error(`cannot listen on ${url.href}: ${failure.message}`, { cause: failure });
}

function portOf([server]: readonly Server[]): number {
  return server ? (server.address() as AddressInfo).port : 0;
}

function bind(server: Server, options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
