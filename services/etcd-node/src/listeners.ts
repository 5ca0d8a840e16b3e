import type { Logger } from "@drydock/component";
import type { EtcdConfig } from "./config.ts";
import type { HttpHandlers } from "./http/handler.ts";
import type { GrpcServices } from "./rpc/grpc-services.ts";
import type { MemberTls } from "./tls-from-flags.ts";
import type { Listener, Served } from "./transport/listen.ts";
import { listenAll } from "./transport/listen-all.ts";

type Stoppable = Pick<Listener, "stop">;

/** A member's listeners, as its flags have them. */
export class Listeners {
  readonly #config: EtcdConfig;
  readonly #tls: MemberTls;
  readonly #http: HttpHandlers;
  readonly #plain: Pick<Served, "transport" | "onProblem" | "reusesPort">;

  constructor(config: EtcdConfig, tls: MemberTls, http: HttpHandlers, logger: Logger) {
    this.#config = config;
    this.#tls = tls;
    this.#http = http;
    const onProblem = (error: unknown) => logger.warn({ err: error }, "cannot read the new certificates");
    this.#plain = { transport: config.http2Transport, onProblem, reusesPort: config.socketReusePort };
  }

  peers(services: GrpcServices): Promise<Stoppable> {
    const served = { ...this.#plain, ...grpcOf(services), http: this.#http.peers };
    return listenAll(this.#config.listenPeerUrls, this.#tls.peers, served);
  }

  /** With URLs for HTTP alone, the others speak gRPC alone. */
  async clients(services: GrpcServices): Promise<Stoppable> {
    const { listenClientUrls, listenClientHttpUrls } = this.#config;
    const grpc = { ...this.#plain, ...grpcOf(services) };
    const http = { http: this.#http.clients };
    const tls = this.#tls.clients;
    if (listenClientHttpUrls.length === 0) return listenAll(listenClientUrls, tls, { ...grpc, ...http });
    return together([
      await listenAll(listenClientUrls, tls, grpc),
      await listenAll(listenClientHttpUrls, tls, { ...this.#plain, ...http }),
    ]);
  }

  monitoring(): Promise<Stoppable> {
    const served = { ...this.#plain, http: this.#http.monitoring };
    return listenAll(this.#config.listenMetricsUrls, this.#tls.clients, served);
  }
}

function grpcOf({ server: grpcServer, direct }: GrpcServices): Pick<Served, "grpcServer" | "direct"> {
  return { grpcServer, direct };
}

function together(all: readonly Stoppable[]): Stoppable {
  return { stop: async (graceMs) => void (await Promise.all(all.map((each) => each.stop(graceMs)))) };
}
