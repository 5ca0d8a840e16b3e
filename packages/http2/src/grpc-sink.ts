import { EventEmitter } from "node:events";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/** Where a grpc-js server takes connections and their requests from: what node:http2's server would emit, from whatever emits it. */
export interface GrpcSink {
  session(session: object): void;
  stream(stream: object, headers: object): void;
}

/** What we rely on of grpc-js 1.14 and what is not in its types: an injector gets the server it makes, and that is where it listens. */
interface GrpcInternals {
  createHttp2Server?: (credentials: { _getInterceptors(): unknown }) => unknown;
  _setupHandlers?: (http2Server: unknown, interceptors: unknown) => void;
}

/** Stands where grpc-js expects an Http2Server. The sockets are somebody else's, so there is nothing to close. */
class SinkServer extends EventEmitter {
  address(): null {
    return null;
  }

  close(callback?: () => void): void {
    if (callback) process.nextTick(callback);
  }
}

/**
 * Opens a grpc-js server to another HTTP/2 than node's. The public `createConnectionInjector` makes an Http2Server of its own; for that one call
 * it is given ours. Throws when grpc-js is not made as it was.
 */
export function openGrpcSink(server: Server): GrpcSink {
  const sink = new SinkServer();
  const internals = server as unknown as GrpcInternals;
  if (typeof internals.createHttp2Server !== "function" || typeof internals._setupHandlers !== "function")
    throw new Error(
      "this version of @grpc/grpc-js has no createHttp2Server and _setupHandlers: use the node transport",
    );
  internals.createHttp2Server = (credentials) => {
    internals._setupHandlers?.(sink, credentials._getInterceptors());
    return sink;
  };
  try {
    server.createConnectionInjector(ServerCredentials.createInsecure());
  } finally {
    delete internals.createHttp2Server;
  }
  if (sink.listenerCount("session") === 0 || sink.listenerCount("stream") === 0)
    throw new Error("this version of @grpc/grpc-js does not listen for session and stream: use the node transport");
  return {
    session: (session) => sink.emit("session", session),
    stream: (stream, headers) => sink.emit("stream", stream, headers),
  };
}
