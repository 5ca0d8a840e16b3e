import type { NodeView } from "./node.ts";

export type V2Action =
  | "get"
  | "create"
  | "set"
  | "update"
  | "delete"
  | "compareAndSwap"
  | "compareAndDelete"
  | "expire";

/** What happened, or what was found. */
export interface V2Event {
  readonly action: V2Action;
  readonly node: NodeView;
  readonly prevNode?: NodeView;
}

export interface StoredEvent {
  readonly index: number;
  readonly event: V2Event;
  /** A TTL was renewed: no watcher is told. */
  readonly isRefresh: boolean;
}

export const isCreation = ({ action, prevNode }: V2Event): boolean =>
  action === "create" || (action === "set" && prevNode === undefined);

/** Whether who watches `path` is told of the event, ancestors' removals and recursive watches included. */
export function concerns({ action, node, prevNode }: V2Event, path: string, isRecursive: boolean): boolean {
  const key = node.key ?? "";
  if (key === path) return true;
  if (isRecursive && key.startsWith(`${path}/`)) return !key.slice(path.length).includes("/_");
  const isRemoval = action === "delete" || action === "expire";
  return isRemoval && prevNode?.dir === true && path.startsWith(`${key}/`);
}
