import type { MethodDefinition } from "@grpc/grpc-js";
import { type handleUnaryCall, status } from "@grpc/grpc-js";
import { RpcError } from "../rpc/errors.ts";
import { callUnary, LocalStreamCall } from "../rpc/local-call.ts";
import type { ClientService } from "../rpc/services.ts";
import { callerOf } from "./caller-of.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { GATEWAY_PATHS } from "./gateway-paths.ts";
import { httpStatusOf } from "./grpc-status.ts";
import { createJsonCodec, type JsonCodec } from "./json-codec.ts";
import { jsonObjects } from "./json-values.ts";
import { readBody } from "./read-body.ts";

type Handler = (call: unknown, callback?: unknown) => void;

interface Method {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly codec: JsonCodec;
  readonly handler: Handler;
}

/** With the name it had before it was finished, which etcd still answers to. */
const PREFIX = /^\/v3(beta)?(?=\/)/;
const JSON_HEADERS = { "Content-Type": "application/json", "Grpc-Metadata-Content-Type": "application/grpc" };

/** etcd's services as JSON over HTTP, below `/v3`: the same methods that gRPC calls, without a socket in between. */
export class Gateway {
  readonly #services: ReadonlyMap<string, ClientService>;
  readonly #methods = new Map<string, Method>();

  constructor(services: readonly ClientService[]) {
    this.#services = new Map(services.map((service) => [serviceName(service), service]));
  }

  handles(path: string): boolean {
    return PREFIX.test(path);
  }

  async serve(path: string, request: HttpRequest, response: HttpResponse): Promise<void> {
    const method = this.#method(path.replace(PREFIX, ""));
    if (!method) return fail(response, new RpcError(status.NOT_FOUND, "Not Found"));
    if (request.method !== "POST") return fail(response, new RpcError(status.UNIMPLEMENTED, "Method Not Allowed"));
    const { requestStream, responseStream } = method.definition;
    if (requestStream || responseStream) return stream(method, request, response);
    try {
      const message = decode(method, await readBody(request));
      const handler = method.handler as handleUnaryCall<unknown, unknown>;
      const answer = await callUnary(handler, message, callerOf(request));
      response.begin(200, JSON_HEADERS);
      response.end(JSON.stringify(method.codec.response(answer)));
    } catch (error) {
      fail(response, error);
    }
  }

  #method(path: string): Method | undefined {
    const known = this.#methods.get(path);
    const name = GATEWAY_PATHS[path];
    if (known || name === undefined) return known;
    const service = this.#services.get(name.split("/")[0] as string);
    const [key, definition] =
      Object.entries(service?.definition ?? {}).find(([, candidate]) => candidate.path === `/${name}`) ?? [];
    if (!service || !key || !definition) return undefined;
    const handler = service.implementation[key] as unknown as Handler;
    const method = { definition, codec: createJsonCodec(name, definition), handler };
    this.#methods.set(path, method);
    return method;
  }
}

function serviceName({ definition }: ClientService): string {
  return Object.values(definition)[0]?.path.split("/")[1] ?? "";
}

/** One line of JSON for each message. Requests are taken from the body as they come. */
async function stream(method: Method, request: HttpRequest, response: HttpResponse): Promise<void> {
  const { requestStream } = method.definition;
  let hasBegun = false;
  const line = async (json: unknown) => {
    if (!hasBegun) response.begin(200, JSON_HEADERS);
    hasBegun = true;
    if (!response.write(`${JSON.stringify(json)}\n`)) await response.drained();
  };
  try {
    const single = requestStream ? undefined : decode(method, await readBody(request));
    const call = new LocalStreamCall<unknown, unknown>(callerOf(request), single);
    method.handler(call);
    const sent = requestStream ? sendAll(method, call, request) : undefined;
    let received = 0;
    for await (const message of call.responses) {
      await line({ result: method.codec.response(message) });
      received++;
      if (sent?.isDone && isAnswered(method, sent.count, received)) call.cancel();
    }
    response.end();
  } catch (error) {
    if (!hasBegun) return fail(response, error);
    const { code, message } = toRpcError(error);
    await line({ error: { code, message } });
    response.end();
  }
}

interface Sent {
  count: number;
  isDone: boolean;
}

function sendAll(method: Method, call: LocalStreamCall<unknown, unknown>, request: HttpRequest): Sent {
  const sent: Sent = { count: 0, isDone: false };
  const send = async () => {
    for await (const text of jsonObjects(request.body)) {
      call.send(decode(method, text));
      sent.count++;
    }
    sent.isDone = true;
    if (sent.count === 0) call.closeRequests();
  };
  send().catch((error: unknown) => call.emit("error", error));
  return sent;
}

/** A watch goes on when its client has said all it wanted; what answers each request ends with the last answer. */
function isAnswered({ definition }: Method, sent: number, received: number): boolean {
  return !definition.path.endsWith("/Watch") && received >= sent;
}

function decode(method: Method, text: string): unknown {
  try {
    return method.codec.request(text);
  } catch (error) {
    throw new RpcError(status.INVALID_ARGUMENT, (error as Error).message);
  }
}

function fail(response: HttpResponse, error: unknown): void {
  const { code, message } = toRpcError(error);
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (code === status.UNAUTHENTICATED) headers["WWW-Authenticate"] = message;
  response.begin(httpStatusOf(code), headers);
  response.end(JSON.stringify({ code, message }));
}

function toRpcError(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(status.INTERNAL, String(error));
}
