import type { StreamEnd } from "../client/client-stream.ts";
import type { HeaderField } from "../hpack/static-table.ts";
import { GrpcError, type GrpcMetadata, GrpcStatus, statusOfHttp, statusOfReset } from "./grpc-error.ts";

/** What the end of a stream says about its call; undefined is OK. `head` is what the answer began with, if it did. */
export function readCallEnd(end: StreamEnd, head: readonly HeaderField[] | undefined): GrpcError | undefined {
  switch (end.is) {
    case "unprocessed":
      return new GrpcError(GrpcStatus.UNAVAILABLE, end.reason, { isUnprocessed: true });
    case "lost":
      return new GrpcError(GrpcStatus.UNAVAILABLE, `connection lost: ${end.reason}`);
    case "reset":
      return new GrpcError(
        end.by === "us" ? GrpcStatus.INTERNAL : statusOfReset(end.code),
        `${end.reason} (HTTP/2 error ${end.code})`,
      );
    case "ended":
      return readStatus(end.trailers ?? head ?? [], Number(head?.[0]?.[1]));
  }
}

export function toMetadata(fields: readonly HeaderField[]): GrpcMetadata {
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of fields) {
    if (name.startsWith(":")) continue;
    metadata[name] = metadata[name] === undefined ? value : `${metadata[name]},${value}`;
  }
  return metadata;
}

function readStatus(fields: readonly HeaderField[], httpStatus: number): GrpcError | undefined {
  const status = fields.find(([name]) => name === "grpc-status")?.[1];
  if (status === "0") return undefined;
  if (status === undefined || !/^\d{1,3}$/.test(status)) {
    const code = httpStatus === 200 ? GrpcStatus.UNKNOWN : statusOfHttp(httpStatus);
    return new GrpcError(code, `the answer has no status of gRPC (HTTP status ${httpStatus})`);
  }
  const metadata = toMetadata(fields);
  return new GrpcError(Number(status), decodeMessage(metadata["grpc-message"] ?? ""), { metadata });
}

/** Percent-coded UTF-8; what is not well-formed stays as it is. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
