/** A key or a directory in the tree. */
export interface V2Node {
  /** Begins with a slash; that of the root is empty. */
  readonly path: string;
  /** Undefined for directories. */
  value: string | undefined;
  readonly createdIndex: number;
  modifiedIndex: number;
  /** Undefined for nodes that stay. */
  expiresAtMs: number | undefined;
  /** By name, of directories only. */
  readonly children: Map<string, V2Node>;
  readonly parent: V2Node | undefined;
}

/** What clients see of a node, in the order of its JSON. */
export interface NodeView {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: true;
  readonly expiration?: string;
  readonly ttl?: number;
  readonly nodes?: readonly NodeView[];
  readonly modifiedIndex?: number;
  readonly createdIndex?: number;
}

export interface ViewOptions {
  readonly isRecursive: boolean;
  readonly isSorted: boolean;
  readonly nowMs: number;
}

export const isDirectory = (node: V2Node): boolean => node.value === undefined;
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The node itself, without what is below it. */
export function viewOf(node: V2Node, nowMs: number): NodeView {
  const { path, value, modifiedIndex, createdIndex, expiresAtMs } = node;
  return renderView({ key: path, value, expiresAtMs, nowMs, modifiedIndex, createdIndex });
}

/** A directory with its children, hidden ones left out; below them only when asked for. */
export function viewWithChildren(node: V2Node, options: ViewOptions): NodeView {
  const view = viewOf(node, options.nowMs);
  if (!isDirectory(node)) return view;
  const visible = [...node.children].filter(([name]) => !name.startsWith("_")).map(([, child]) => child);
  if (options.isSorted) visible.sort((a, b) => (a.path < b.path ? -1 : 1));
  const nodes = visible.map((child) =>
    options.isRecursive ? viewWithChildren(child, options) : viewOf(child, options.nowMs),
  );
  const { modifiedIndex, createdIndex, ...rest } = view;
  return {
    ...rest,
    ...(nodes.length > 0 ? { nodes } : {}),
    ...(modifiedIndex === undefined ? {} : { modifiedIndex }),
    ...(createdIndex === undefined ? {} : { createdIndex }),
  };
}

export interface ViewParts {
  readonly key: string;
  /** Undefined for directories. */
  readonly value: string | undefined;
  readonly expiresAtMs: number | undefined;
  readonly nowMs: number;
  readonly modifiedIndex: number;
  readonly createdIndex: number;
}

/** What is empty is left out, as upstream's JSON has it. */
export function renderView({ key, value, expiresAtMs, nowMs, modifiedIndex, createdIndex }: ViewParts): NodeView {
  return {
    ...(key === "" ? {} : { key }),
    ...(value === undefined ? { dir: true } : { value }),
    ...(expiresAtMs === undefined ? {} : expiry(expiresAtMs, nowMs)),
    ...(modifiedIndex === 0 ? {} : { modifiedIndex }),
    ...(createdIndex === 0 ? {} : { createdIndex }),
  };
}

function expiry(expiresAtMs: number, nowMs: number): Pick<NodeView, "expiration" | "ttl"> {
  const ttl = Math.ceil((expiresAtMs - nowMs) / 1000);
  return { expiration: new Date(expiresAtMs).toISOString(), ...(ttl === 0 ? {} : { ttl }) };
}
