import { status } from "@grpc/grpc-js";
import { logStream } from "../grpc/logs.ts";
import { HttpError, type NodeHandler } from "../http/node-exchange.ts";
import { NodeError, type PodDirectory } from "../pod-directory.ts";
import { hasContainer, podOfPath, refOfPath } from "./find-pod.ts";

const STREAMS: ReadonlySet<string> = new Set(["", "All", "Stdout", "Stderr"]);

/** `/containerLogs/{podNamespace}/{podID}/{containerName}`, with the options of pods/log. */
export function containerLogs(directory: PodDirectory): NodeHandler {
  return async ({ query, response, signal }, parameters) => {
    const { podID = "", containerName = "" } = parameters;
    const options = logOptions(query);
    const pod = podOfPath(directory, parameters, `pod ${JSON.stringify(podID)} does not exist`);
    if (!hasContainer(pod, containerName))
      throw new HttpError(404, `container ${JSON.stringify(containerName)} not found in pod ${JSON.stringify(podID)}`);
    const request = { target: refOfPath(pod, parameters), ...options };
    const chunks = await logStream(directory, request, signal).catch(badRequest);
    response.statusCode = 200;
    response.setHeader("Content-Type", "text/plain");
    const writable = response as { write(bytes: Uint8Array): boolean };
    for await (const chunk of chunks) {
      if (!writable.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  };
}

function logOptions(query: URLSearchParams) {
  const flag = (name: string) => query.has(name) && query.get(name) !== "false" && query.get(name) !== "0";
  const number = (name: string, least: number) => {
    const text = query.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value)) throw new HttpError(400, `{"message": "Unable to decode query."}`);
    if (value < least) throw new HttpError(422, `{"message": "Invalid request."}`);
    return value;
  };
  const isWhole = query.get("tail") === "all";
  const stream = query.get("stream") ?? "";
  if (!STREAMS.has(stream)) throw new HttpError(422, `{"message": "Invalid request."}`);
  return {
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    tailLines: isWhole ? undefined : (number("tail", 0) ?? number("tailLines", 0)),
    limitBytes: number("limitBytes", 1),
    sinceSeconds: number("sinceSeconds", 1),
    sinceTime: query.get("sinceTime") ?? "",
    stream,
  };
}

/** Why there is no log is the client's to know. */
function badRequest(error: unknown): never {
  const isVerdict = error instanceof NodeError && error.code !== status.INTERNAL;
  throw new HttpError(isVerdict ? 400 : 500, (error as Error).message);
}
