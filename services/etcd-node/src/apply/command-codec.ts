import { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { Arena } from "../backend/arena.ts";
import { decodePutRequest, type Encoded } from "../rpc/wire/kv-codec.ts";
import { readVarint, varintLength, writeVarint } from "../rpc/wire/varint.ts";

/** drydock.raft.v1.Command, by hand where it is a put that came in over the wire: the request goes into the log as it came. */

const TAG_PROPOSER = 0x0a;
const TAG_ID = 0x10;
const TAG_PUT = 0x1a;
/** Raft keeps its entries until the log is compacted. */
const arena = new Arena();

export function encodeCommand(command: Command): Buffer {
  const { proposer, id, request, requester } = command;
  const put = request?.$case === "put" ? (request.value as Encoded<typeof request.value>).encoded : undefined;
  if (!put || requester) return keep(Command.encode(command).finish());
  const bytes = arena.allocate(2 + proposer.length + 1 + varintLength(id) + 1 + varintLength(put.length) + put.length);
  bytes[0] = TAG_PROPOSER;
  bytes[1] = proposer.length;
  let at = 2 + bytes.write(proposer, 2, "latin1");
  bytes[at] = TAG_ID;
  at = writeVarint(bytes, id, at + 1);
  bytes[at] = TAG_PUT;
  at = writeVarint(bytes, put.length, at + 1);
  bytes.set(put, at);
  return bytes;
}

function keep(bytes: Uint8Array): Buffer {
  const kept = arena.allocate(bytes.length);
  kept.set(bytes);
  return kept;
}

export function decodeCommand(bytes: Buffer): Command {
  return decodePut(bytes) ?? Command.decode(bytes);
}

/** Of commands that follow each other it is nearly always the same. */
let lastProposer = "";

function proposerIn(bytes: Buffer, start: number, end: number): string {
  let isSame = end - start === lastProposer.length;
  for (let at = start; isSame && at < end; at++) isSame = bytes[at] === lastProposer.charCodeAt(at - start);
  if (!isSame) lastProposer = bytes.toString("latin1", start, end);
  return lastProposer;
}

/** Undefined for whatever is not written as `encodeCommand` writes a put. */
function decodePut(bytes: Buffer): Command | undefined {
  if (bytes[0] !== TAG_PROPOSER) return undefined;
  const cursor = { at: 2 + (bytes[1] as number) };
  const proposer = proposerIn(bytes, 2, cursor.at);
  if (bytes[cursor.at++] !== TAG_ID) return undefined;
  const id = readVarint(bytes, cursor);
  if (bytes[cursor.at++] !== TAG_PUT) return undefined;
  const length = readVarint(bytes, cursor);
  if (cursor.at + length !== bytes.length) return undefined;
  const value = decodePutRequest(bytes.subarray(cursor.at));
  return { proposer, id, request: { $case: "put", value }, requester: undefined };
}
