import { createServer } from "node:net";
import { Http1Server } from "../transport/http1.ts";
import type { HttpHandler } from "./exchange.ts";

/** The same handler on a plain listener of its own: what `--listen-metrics-urls` asks for. */
export async function serveHttp(url: string, handler: HttpHandler): Promise<{ stop(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const http = new Http1Server(handler);
  const server = createServer((socket) => http.accept(socket, Buffer.alloc(0)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(port), hostname, resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        http.close();
      }),
  };
}
