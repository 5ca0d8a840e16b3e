import {
  createFileRegistry,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DESCRIPTORS } from "@drydock/proto/descriptors";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { readProtoJson } from "./proto-json.ts";

/** The messages of one method as JSON, by protobuf's mapping: what grpc-js works with, and what JSON clients send and get. */
export interface JsonCodec {
  /** Accepts both spellings of field names; ignores fields it does not know. Throws when it is no such message. */
  request(text: string): unknown;
  response(message: unknown): JsonValue;
}

let registry: FileRegistry | undefined;

/** By the full name of the method, `package.Service/Method`. */
export function createJsonCodec(name: string, definition: ServiceDefinition[string]): JsonCodec {
  const { input, output } = describe(name);
  return {
    request(text) {
      const message = fromJson(input, readProtoJson(input, text), { ignoreUnknownFields: true });
      return definition.requestDeserialize(Buffer.from(toBinary(input, message)));
    },
    response: (message) =>
      toJson(output, fromBinary(output, definition.responseSerialize(message)), { useProtoFieldName: true }),
  };
}

function describe(name: string): DescMethod {
  registry ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, "base64")));
  const [service = "", method] = name.split("/");
  const found = registry.getService(service)?.methods.find((each) => each.name === method);
  if (!found) throw new Error(`no method ${name} in the protocols`);
  return found;
}
