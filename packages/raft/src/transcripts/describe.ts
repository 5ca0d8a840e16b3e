import type { Configuration, Entry, Message } from "../types.ts";

export function describeConfiguration({ voters, outgoing, learners }: Configuration): string {
  const parts = [`voters ${voters.join(" ")}`];
  if (outgoing.length > 0) parts.push(`outgoing ${outgoing.join(" ")}`);
  if (learners.length > 0) parts.push(`learners ${learners.join(" ")}`);
  return parts.join(", ");
}

export function describeEntries(entries: readonly Entry[]): string {
  return entries.map(describeEntry).join(" ");
}

export function describeMessage(message: Message): string {
  return `${message.from} → ${message.to} ${message.type} (term ${message.term})${describeContent(message)}`;
}

function describeEntry({ index, term, type, data }: Entry): string {
  const text = type === "configuration" ? "change" : new TextDecoder().decode(data);
  return `${index}@${term}${text && `=${text}`}`;
}

function describeContent(message: Message): string {
  switch (message.type) {
    case "vote":
    case "pre-vote":
      return `: last ${message.lastIndex}@${message.lastTerm}${message.isTransfer ? ", transfer" : ""}`;
    case "vote-response":
    case "pre-vote-response":
      return message.isGranted ? ": granted" : ": refused";
    case "append": {
      const entries = message.entries.length > 0 ? describeEntries(message.entries) : "nothing";
      return `: ${entries} behind ${message.previousIndex}@${message.previousTerm}, commit ${message.commit}`;
    }
    case "append-response":
      return message.isRejected ? `: refuses ${message.index}, try ${message.hintIndex}` : `: has ${message.index}`;
    case "heartbeat":
      return `: commit ${message.commit}${message.readContext ? `, round ${message.readContext}` : ""}`;
    case "heartbeat-response":
      return message.readContext ? `: round ${message.readContext}` : "";
    case "snapshot":
      return `: state at ${message.meta.index}@${message.meta.term}`;
    case "propose":
      return `: ${message.data.map((octets) => new TextDecoder().decode(octets)).join(" ")}`;
    case "read-index":
      return `: read ${message.readContext}`;
    case "read-index-response":
      return `: read ${message.readContext} at ${message.index}`;
    case "timeout-now":
      return "";
  }
}
