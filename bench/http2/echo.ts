import type { handleUnaryCall, MethodDefinition } from "@grpc/grpc-js";

const asItIs = (message: Buffer) => message;

/** One unary method that gives back the octets it got. */
export const ECHO = {
  echo: {
    path: "/bench.Echo/Echo",
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} satisfies Record<string, MethodDefinition<Buffer, Buffer>>;

export interface EchoHandlers {
  readonly echo: handleUnaryCall<Buffer, Buffer>;
  readonly [name: string]: handleUnaryCall<Buffer, Buffer>;
}
