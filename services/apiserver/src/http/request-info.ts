/** What a path and method ask for, by the API's URL rules. Also what authorization decides about. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** API verb (get, list, watch, create, …); for other paths the lower-case HTTP method. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments after the subresource. */
  readonly rest: readonly string[];
}

const methodVerbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** These follow `/namespaces/<name>/` but belong to the namespace itself. */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeSegment);
  const other: RequestInfo = {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    rest: [],
  };
  const prefix = parts[0];
  if ((prefix !== "api" && prefix !== "apis") || parts.length < 3) return other;
  if (prefix === "apis" && parts.length < 4) return other;
  const group = prefix === "apis" ? (parts[1] as string) : "";
  const version = parts[prefix === "apis" ? 2 : 1] as string;
  let segments = parts.slice(prefix === "apis" ? 3 : 2);
  let verb = methodVerbs[method] ?? "";
  // The deprecated form /api/v1/watch/pods.
  if (segments[0] === "watch" && segments.length > 1) {
    verb = "watch";
    segments = segments.slice(1);
  }
  let namespace = "";
  if (segments[0] === "namespaces" && segments.length > 1) {
    namespace = segments[1] as string;
    const isOfNamespaceItself = segments.length === 2 || namespaceSubresources.has(segments[2] as string);
    if (!isOfNamespaceItself) segments = segments.slice(2);
  }
  const [resource = "", name = "", subresource = "", ...rest] = segments;
  const info = { ...other, isResourceRequest: true, group, version, namespace, resource, subresource, name, rest };
  return { ...info, verb: collectionVerb(verb, name, query), name: name || nameFromSelector(verb, query) };
}

/** GET and DELETE without a name are about the collection; `watch=true` makes a GET a watch. */
function collectionVerb(verb: string, name: string, query: URLSearchParams): string {
  if (name !== "") return verb;
  if (verb === "get") return isTrue(query.get("watch")) ? "watch" : "list";
  return verb === "delete" ? "deletecollection" : verb;
}

/** A collection request narrowed to one name is authorized for that name (RBAC's resourceNames). */
function nameFromSelector(verb: string, query: URLSearchParams): string {
  if (verb !== "get" && verb !== "watch" && verb !== "delete") return "";
  const selector = query.get("fieldSelector") ?? "";
  const match = /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(selector);
  return match?.[1] ?? "";
}

function isTrue(text: string | null): boolean {
  return text !== null && text !== "false" && text !== "0";
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
