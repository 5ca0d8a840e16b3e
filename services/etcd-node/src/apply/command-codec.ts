import { Command } from "@drydock/proto/drydock/raft/v1/raft";
import { Arena } from "../backend/arena.ts";
import { EncodedPut } from "../rpc/wire/encoded-put.ts";
import { readVarint, varintLength, writeVarint } from "../rpc/wire/varint.ts";

/** drydock.raft.v1.Command, by hand where it is a put or a transaction that came in over the wire: the request goes into the log as it came. */

const TAG_PROPOSER = 0x0a;
const TAG_ID = 0x10;
const TAG_PUT = 0x1a;
const TAG_TXN = 0x2a;
/** Raft keeps its entries until the log is compacted. */
const arena = new Arena();

export function encodeCommand(command: Command): Buffer {
  const { proposer, id, request, requester } = command;
  const encoded = requester ? undefined : asItCame(request);
  if (!encoded) return arena.copyOf(Buffer.from(Command.encode(command).finish()));
  const { length } = encoded;
  const bytes = arena.allocate(2 + proposer.length + 1 + varintLength(id) + 1 + varintLength(length) + length);
  bytes[0] = TAG_PROPOSER;
  bytes[1] = proposer.length;
  let at = 2 + bytes.write(proposer, 2, "latin1");
  bytes[at] = TAG_ID;
  at = writeVarint(bytes, id, at + 1);
  bytes[at] = request?.$case === "put" ? TAG_PUT : TAG_TXN;
  at = writeVarint(bytes, length, at + 1);
  bytes.set(encoded, at);
  return bytes;
}

/** The octets of a request that came over the wire; undefined for one that was made in some other way. */
export function asItCame(request: Command["request"]): Buffer | undefined {
  if (request?.$case !== "put" && request?.$case !== "txn") return undefined;
  return "encoded" in request.value ? (request.value.encoded as Buffer) : undefined;
}

/** Commands that this process proposed, as they were before they were written. */
export interface OwnCommands {
  readonly proposer: string;
  /** Undefined where it must be read from the log. */
  find(id: number): Command | undefined;
}

export function decodeCommand(bytes: Buffer, own?: OwnCommands): Command {
  return decodeQuickly(bytes, own) ?? Command.decode(bytes);
}

/** Of commands that follow each other it is nearly always the same. */
let lastProposer = "";

function proposerIn(bytes: Buffer, start: number, end: number): string {
  let isSame = end - start === lastProposer.length;
  for (let at = start; isSame && at < end; at++) isSame = bytes[at] === lastProposer.charCodeAt(at - start);
  if (!isSame) lastProposer = bytes.toString("latin1", start, end);
  return lastProposer;
}

/** Undefined for whatever is neither our own nor written as `encodeCommand` writes a put. */
function decodeQuickly(bytes: Buffer, own: OwnCommands | undefined): Command | undefined {
  if (bytes[0] !== TAG_PROPOSER) return undefined;
  const cursor = { at: 2 + (bytes[1] as number) };
  const proposer = proposerIn(bytes, 2, cursor.at);
  if (bytes[cursor.at++] !== TAG_ID) return undefined;
  const id = readVarint(bytes, cursor);
  const found = own?.proposer === proposer ? own.find(id) : undefined;
  if (found) return found;
  if (bytes[cursor.at++] !== TAG_PUT) return undefined;
  const length = readVarint(bytes, cursor);
  if (cursor.at + length !== bytes.length) return undefined;
  const value = EncodedPut.read(bytes, cursor.at);
  return value && { proposer, id, request: { $case: "put", value }, requester: undefined };
}
