import { createPrng, type Prng } from "@drydock/base";
import { encodeProtobuf, hasProtobuf, schemaNameOf, wrapProtobuf } from "@drydock/kube-api";
import type { Sound } from "./sound-objects.ts";

export interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type Pick = <T>(list: readonly T[]) => T;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  "",
  "x".repeat(300),
  "\u0000",
  "\ud800",
  "日本",
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 63,
  1e300,
  -1e300,
  [],
  [null],
  [[]],
  {},
  { "": null },
  { __proto__: null, constructor: { prototype: {} } },
  "-",
  "a/b/c",
  "../../x",
  "1e9999",
  "0x10",
  "99999999999999999999Gi",
  "9999-99-99T99:99:99Z",
];
const JSON_PATCH = "application/json-patch+json";
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const BODY_TYPES = ["application/json", "application/json", "application/yaml", PROTOBUF, PROTOBUF, "application/cbor"];
const ODD_TYPES = [
  "text/plain",
  "",
  "application/json;charset=latin1",
  ";;;",
  "application/",
  "application/json, application/yaml",
];
const PATCH_TYPES = [
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  JSON_PATCH,
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
];
const METHODS = ["POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "PATCH", "GET", "GET", "DELETE", "OPTIONS", "HEAD"];
const ACCEPTS = [
  "application/json",
  "application/yaml",
  PROTOBUF,
  `${PROTOBUF};stream=watch`,
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v9;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  `${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`,
  "application/cbor",
  "*/*;q=x",
  ",,;q=;=",
  "text/html",
];
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  dryRun: ["All", "Some", "", "All,All"],
  fieldValidation: ["Strict", "Warn", "Ignore", "strict"],
  fieldManager: ["m", "m".repeat(200), "\u0007", "é"],
  force: ["true", "maybe", ""],
  pretty: ["1", "x"],
  limit: ["1", "2", "abc", "-5", "99999999999999999999", "1e3", ""],
  continue: ["%00", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9", "!!", "bnVsbA"],
  labelSelector: [
    "a===",
    "!!a,(",
    "a in (",
    "a notin (x,y),!b",
    "a>1,b<x",
    `${"a".repeat(80)}=b`,
    "a in (b",
    "=",
    "é=x",
  ],
  fieldSelector: [",,=", "metadata.name=m", "spec.nodeName=", "a=b=c", "a\\", "metadata.name!=m,status.phase=x", "=x"],
  resourceVersion: ["1", "0", "-1", "99999999999999999999", "x", "1.5"],
  resourceVersionMatch: ["Exact", "NotOlderThan", "Nearly"],
  sendInitialEvents: ["true", "false", "x"],
  allowWatchBookmarks: ["true", "x"],
  gracePeriodSeconds: ["-9", "0", "x", "9".repeat(25)],
  propagationPolicy: ["Never", "Foreground", "Orphan", ""],
  orphanDependents: ["true", "x"],
  includeObject: ["None", "Object", "Everything"],
  timeout: ["xyz", "1s", "5", "-1m", "1h1"],
};
const SUFFIXES = [
  "",
  "",
  "",
  "",
  "/status",
  "/scale",
  "/nothing",
  "/..%2f",
  "%00",
  "/log",
  "/eviction",
  "/token",
  "/a/b/c",
  "%ff",
];

/** A request that began as a sound one and was then spoilt somewhere. The seed decides all of it. */
export function malformedRequest(seed: number, bases: readonly Sound[]): Malformed {
  const prng = createPrng(seed);
  // Neighbouring seeds begin alike.
  for (let i = 0; i < 4; i++) prng.next();
  const pick: Pick = (list) => list[Math.floor(prng.next() * list.length)] as (typeof list)[number];
  const base = pick(bases);
  const method = pick(METHODS);
  const isCollection = method === "POST" ? prng.next() < 0.9 : prng.next() < 0.2;
  const suffix = isCollection ? "" : `/m${pick(SUFFIXES)}`;
  const contentType = typeFor(method, pick, prng);
  return {
    method,
    path: base.path + suffix + query(method, pick, prng),
    headers: headersFor(contentType, pick, prng),
    body: damaged(bodyFor(method, contentType, base.object, pick, prng), contentType, pick, prng),
  };
}

function typeFor(method: string, pick: Pick, prng: Prng): string {
  if (prng.next() < 0.05) return pick(ODD_TYPES);
  return method === "PATCH" && prng.next() < 0.95 ? pick(PATCH_TYPES) : pick(BODY_TYPES);
}

function headersFor(contentType: string, pick: Pick, prng: Prng): Record<string, string> {
  const headers: Record<string, string> = { "Content-Type": contentType };
  if (prng.next() < 0.3) headers["Accept"] = pick(ACCEPTS);
  if (prng.next() < 0.1) headers["Accept-Encoding"] = pick(["gzip", "gzip;q=0", ",,", "br"]);
  if (prng.next() < 0.03) headers["Impersonate-User"] = pick(["", "system:serviceaccount:a:b", "x", "system:node:y"]);
  if (prng.next() < 0.03) headers["Impersonate-Group"] = pick(["a,b", "", "system:masters"]);
  if (prng.next() < 0.03) headers["If-None-Match"] = pick(["*", '"x"', ",,"]);
  if (prng.next() < 0.03) headers["User-Agent"] = pick(["", "/", "curl/8", "x".repeat(4000)]);
  if (prng.next() < 0.03)
    headers["traceparent"] = pick(["00-x", "", "00-00000000000000000000000000000000-0000000000000000-00"]);
  return headers;
}

function query(method: string, pick: Pick, prng: Prng): string {
  const pairs: string[] = [];
  while (prng.next() < 0.4) {
    const name = pick(Object.keys(PARAMETERS));
    pairs.push(`${name}=${encodeURIComponent(pick(PARAMETERS[name] ?? []))}`);
  }
  // Watches last: few of them, and short.
  if (method === "GET" && prng.next() < 0.05) pairs.push("watch=1", "timeoutSeconds=1");
  if (prng.next() < 0.02) pairs.push(pick(["&&&", "=", "%zz=%zz", "a[]=1"]));
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

function bodyFor(method: string, contentType: string, sound: object, pick: Pick, prng: Prng): Buffer {
  let object: unknown = sound;
  for (let i = prng.next() * 4; i > 1; i--) object = spoil(object, pick, prng);
  if (method === "PATCH" && contentType === JSON_PATCH) object = jsonPatch(object, pick, prng);
  else if (method === "PATCH" && prng.next() < 0.4) object = directives(object, pick);
  if (method === "DELETE") object = deleteOptions(pick);
  if (contentType === PROTOBUF) return protobuf(object);
  return Buffer.from(JSON.stringify(object) ?? "", "utf8");
}

function jsonPatch(value: unknown, pick: Pick, prng: Prng): unknown {
  const path = () =>
    pick([
      "/metadata/name",
      "/spec/ports/-",
      "/a~2",
      "",
      "x",
      "/spec/ports/99",
      "/spec",
      "/metadata/labels/a~1b",
      "/kind",
    ]);
  const operation = () => ({
    op: pick(["add", "remove", "replace", "test", "move", "copy", "x", 1]),
    path: path(),
    value: pick([value, "x", null, 1]),
    from: path(),
  });
  return pick([
    [operation()],
    Array.from({ length: 3 }, operation),
    [value],
    value,
    Array.from({ length: 200 + prng.next() }, operation),
  ]);
}

function directives(value: unknown, pick: Pick): unknown {
  const list = pick(["finalizers", "containers", "ports", "ownerReferences"]);
  return pick<unknown>([
    { $patch: "replace" },
    { $patch: pick(["delete", "merge", "x", 1]) },
    { metadata: { $patch: "delete", [list]: [{ $patch: "x" }] } },
    { [`$setElementOrder/${list}`]: pick<unknown>([1, [], [null], [{ name: "x" }]]), metadata: value },
    { spec: { $retainKeys: pick<unknown>([1, ["a"], [null]]), [list]: [{ $patch: "replace" }, value] } },
    { metadata: { [`$deleteFromPrimitiveList/${list}`]: pick<unknown>(["x", ["x"], [[]], null]) } },
    { spec: { template: { spec: { [list]: pick<unknown>([[{}], [null], [1], [{ name: null }], "x"]) } } } },
    {
      metadata: {
        managedFields: pick<unknown>([
          [{}],
          [{ fieldsV1: { "f:x": 1 } }],
          [{ manager: "x", operation: "Apply", fieldsType: "FieldsV1", fieldsV1: { "k:{": {} } }],
        ]),
      },
    },
  ]);
}

function deleteOptions(pick: Pick): unknown {
  return pick<unknown>([
    undefined,
    {},
    { preconditions: pick<unknown>([1, { uid: 1 }, { resourceVersion: "x" }, { uid: "x" }]) },
    { propagationPolicy: pick(["Never", "Orphan", 1]), orphanDependents: pick([true, "x", null]) },
    { gracePeriodSeconds: pick([-1, "x", 1e300, 1.5]), dryRun: pick<unknown>([["All"], "All", [1], {}]) },
    [],
  ]);
}

/** The object as its message, if it still has a kind that has one. */
function protobuf(value: unknown): Buffer {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const schema =
    typeof apiVersion === "string" && typeof kind === "string" ? schemaNameOf(apiVersion, kind) : undefined;
  if (!schema || !hasProtobuf(schema)) return Buffer.from(`k8s\0${JSON.stringify(value)}`);
  return wrapProtobuf(String(apiVersion), String(kind), encodeProtobuf(schema, value as object));
}

/** Bytes cut off, changed, repeated or nested too deep. */
function damaged(body: Buffer, contentType: string, pick: Pick, prng: Prng): Buffer {
  const at = () => Math.floor(prng.next() * body.length);
  const chance = prng.next();
  if (chance < 0.5 || body.length === 0) return body;
  if (chance < 0.6) return body.subarray(0, at());
  if (chance < 0.75) {
    const changed = Buffer.from(body);
    for (let i = 0; i < 1 + prng.next() * 3; i++) changed[at()] = Math.floor(prng.next() * 256);
    return changed;
  }
  if (chance < 0.8)
    return Buffer.concat([body.subarray(0, at()), pick([Buffer.from([0xff, 0xfe]), Buffer.from("\u0000"), body])]);
  if (contentType === PROTOBUF) return Buffer.concat([body, body.subarray(at())]);
  const text = body.toString("utf8");
  return Buffer.from(
    pick([
      `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
      "[".repeat(20_000),
      text.replace(/:(-?\d+)/, () => `:${pick(["1e400", "-0", "9".repeat(40), "0.1e-400", "01", "1.", "+1", "NaN"])}`),
      text.replace(/("[^"]+":)/, "$1null,$1"),
      `${text}${text}`,
      text.replaceAll('"', "'"),
      "a: &a [*a, *a]\nb: *a\n",
      "? {}\n: !!binary x\n",
    ]),
  );
}

/** Replaces, doubles or removes one value somewhere inside. */
function spoil(value: unknown, pick: Pick, prng: Prng): unknown {
  if (typeof value !== "object" || value === null || prng.next() < 0.05) return pick(ODD_VALUES);
  if (Array.isArray(value)) {
    if (value.length === 0 || prng.next() < 0.2) return [...value, pick(ODD_VALUES)];
    const at = Math.floor(prng.next() * value.length);
    return value.map((item, index) => (index === at ? spoil(item, pick, prng) : item));
  }
  const keys = Object.keys(value);
  const key =
    keys.length === 0 || prng.next() < 0.1 ? pick(["__proto__", "extra", "metadata", "status", ""]) : pick(keys);
  return { ...value, [key]: spoil((value as Record<string, unknown>)[key], pick, prng) };
}
