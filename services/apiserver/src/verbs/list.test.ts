import assert from "node:assert/strict";
import { type KubeObject, StatusError } from "@drydock/apimachinery";
import { parseCallOptions, type RawOptions } from "../registry/call-options.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { StorageError } from "../storage/storage.ts";
import { decodeContinueToken, encodeContinueToken } from "./continue-token.ts";
import { remove } from "./delete.ts";
import { list } from "./list.ts";

const configMap = (name: string, labels: Record<string, string> = {}, namespace = "default"): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels },
});

describe("listing", () => {
  let memory: MemoryRegistry;
  let store: ResourceStore;

  beforeEach(async () => {
    memory = await createMemoryRegistry();
    store = memory.registry.require("", "v1", "configmaps");
    for (const [index, name] of ["a", "b", "c", "d", "e"].entries())
      await memory.put("", "configmaps", configMap(name, { parity: index % 2 === 0 ? "even" : "odd" }));
    await memory.put("", "configmaps", configMap("elsewhere", {}, "other"));
  });

  afterEach(() => memory.stop());

  const page = (raw: RawOptions, namespace = "default") => list(store, namespace, parseCallOptions(raw));
  const namesOf = ({ items }: { items: readonly { object: KubeObject }[] }) =>
    items.map(({ object }) => object.metadata.name);
  const removeNow = (name: string) =>
    remove(store, {
      namespace: "default",
      name,
      options: { gracePeriodSeconds: 0, propagationPolicy: undefined, preconditions: undefined, dryRun: false },
      context: memory.contextOf(),
    });
  const reasonOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    assert.ok(error instanceof StatusError, String(error));
    return [error.code, error.status.reason];
  };

  it("shows one namespace, or all", async () => {
    assert.deepEqual(namesOf(await page({})), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(namesOf(await page({}, "")), ["a", "b", "c", "d", "e", "elsewhere"]);
    assert.deepEqual(namesOf(await page({}, "nowhere")), []);
  });

  it("selects by label and field", async () => {
    assert.deepEqual(namesOf(await page({ labelSelector: "parity=odd" })), ["b", "d"]);
    assert.deepEqual(namesOf(await page({ labelSelector: "parity notin (odd)", fieldSelector: "metadata.name!=a" })), [
      "c",
      "e",
    ]);
    assert.deepEqual(namesOf(await page({ fieldSelector: "metadata.name=c" })), ["c"]);
    assert.deepEqual(await reasonOf(page({ fieldSelector: "data.x=1" })), [400, "BadRequest"]);
    assert.deepEqual(await reasonOf(page({ labelSelector: "a b" })), [400, "BadRequest"]);
  });

  it("pages through one version of the list, whatever is written meanwhile", async () => {
    const first = await page({ limit: 2 });
    assert.deepEqual([namesOf(first), first.remaining], [["a", "b"], 3]);
    await removeNow("c");
    await memory.put("", "configmaps", configMap("cc"));
    const second = await page({ limit: 2, continue: first.continue });
    assert.deepEqual([namesOf(second), second.remaining, second.revision], [["c", "d"], 1, first.revision]);
    const third = await page({ limit: 2, continue: second.continue });
    assert.deepEqual([namesOf(third), third.continue, third.remaining], [["e"], "", undefined]);
    assert.deepEqual(namesOf(await page({})), ["a", "b", "cc", "d", "e"]);
  });

  it("pages through a selection without counting what remains", async () => {
    const first = await page({ limit: 2, labelSelector: "parity=even" });
    assert.deepEqual([namesOf(first), first.remaining], [["a", "c"], undefined]);
    const second = await page({ limit: 2, labelSelector: "parity=even", continue: first.continue });
    assert.deepEqual([namesOf(second), second.continue], [["e"], ""]);
    // More follows, if nothing that matches: one page too many, as upstream.
    const odd = await page({ limit: 2, labelSelector: "parity=odd" });
    assert.deepEqual(namesOf(odd), ["b", "d"]);
    assert.deepEqual(namesOf(await page({ limit: 2, labelSelector: "parity=odd", continue: odd.continue })), []);
  });

  it("says so when the version of a page is gone", async () => {
    const first = await page({ limit: 2 });
    await memory.put("", "configmaps", configMap("f"));
    memory.storage.compact(await memory.storage.currentRevision());
    const gone = await page({ limit: 2, continue: first.continue }).catch((error: StatusError) => error.status);
    assert.ok("code" in gone);
    assert.deepEqual([gone.code, gone.reason], [410, "Expired"]);
    assert.match(gone.message ?? "", /or use the continue token in this response to retrieve the remainder/);
    // Who does not mind goes on with what is there by now.
    const rest = await page({ limit: 2, continue: gone.metadata.continue });
    assert.deepEqual(namesOf(rest), ["c", "d"]);
    assert.deepEqual(namesOf(await page({ limit: 2, continue: rest.continue })), ["e", "f"]);
    const exact = { resourceVersion: "2", resourceVersionMatch: "Exact" };
    assert.deepEqual(await reasonOf(page(exact)), [410, "Expired"]);
  });

  it("reads exactly the version asked for", async () => {
    const { revision } = await page({});
    await removeNow("a");
    const exact = await page({ resourceVersion: String(revision), resourceVersionMatch: "Exact" });
    assert.deepEqual([namesOf(exact)[0], exact.revision], ["a", revision]);
    const newer = await page({ resourceVersion: String(revision), resourceVersionMatch: "NotOlderThan" });
    assert.equal(namesOf(newer)[0], "b");
  });

  it("does not know versions that do not exist yet", async () => {
    const pending = reasonOf(page({ resourceVersion: "1000000" }));
    // It waits a while for the caches to come there.
    memory.clock.advance(10_000);
    assert.deepEqual(await pending, [504, "Timeout"]);
    await assert.rejects(page({ resourceVersion: "1000000", resourceVersionMatch: "Exact" }), (error: StatusError) => {
      assert.match(error.message, /^Timeout: Too large resource version: 1000000, current: \d+$/);
      const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
      assert.deepEqual(error.status.details, { causes });
      return true;
    });
  });

  it("refuses combinations that the API forbids", async () => {
    for (const raw of [
      { resourceVersionMatch: "Exact" },
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      { resourceVersionMatch: "Nearly", resourceVersion: "1" },
      { sendInitialEvents: "true" },
      { resourceVersionMatch: "NotOlderThan", resourceVersion: "1", continue: "x" },
    ])
      assert.deepEqual(await reasonOf(page(raw)), [422, "Invalid"], JSON.stringify(raw));
  });

  it("says in upstream's words what is wrong", async () => {
    const token = encodeContinueToken({ revision: 3, startKey: "a" });
    const noNumber = (text: string) => `strconv.ParseUint: parsing "${text}": invalid syntax`;
    for (const [raw, message] of [
      [{ resourceVersion: "x" }, `invalid resource version: resourceVersion: Invalid value: "x": ${noNumber("x")}`],
      [{ resourceVersion: "-1" }, `invalid resource version: resourceVersion: Invalid value: "-1": ${noNumber("-1")}`],
      [{ continue: token, resourceVersion: "3" }, "specifying resource version is not allowed when using continue"],
      [{ continue: "%%" }, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"],
      [
        { fieldSelector: "data.x=1" },
        '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
      ],
      [{ limit: "many" }, 'strconv.ParseInt: parsing "many": invalid syntax'],
    ] as const)
      await assert.rejects(async () => page(raw), { message }, JSON.stringify(raw));
  });

  /** API concepts, "Semantics for get and list": which state each combination reads. a is gone since `old`. */
  for (const [match, version, limit, expected] of [
    ["", "", 0, "newest"],
    ["", "", 10, "newest"],
    ["", "0", 0, "newest"],
    ["", "old", 0, "newest"],
    // By old habit, a limit makes it exact.
    ["", "old", 10, "old"],
    ["NotOlderThan", "0", 0, "newest"],
    ["NotOlderThan", "0", 10, "newest"],
    ["NotOlderThan", "old", 0, "newest"],
    ["NotOlderThan", "old", 10, "newest"],
    ["Exact", "old", 0, "old"],
    ["Exact", "old", 10, "old"],
  ] as const) {
    it(`reads the ${expected} state with match "${match}", version "${version}", limit ${limit}`, async () => {
      const { revision } = await page({});
      await removeNow("a");
      await memory.registry.ports.feed.waitFor(await memory.storage.currentRevision());
      const read = await page({
        ...(match && { resourceVersionMatch: match }),
        ...(version && { resourceVersion: version === "old" ? String(revision) : version }),
        ...(limit && { limit }),
      });
      assert.equal(namesOf(read)[0], expected === "old" ? "a" : "b");
      assert.equal(read.revision === revision, expected === "old");
    });
  }

  it("answers from the caches for resourceVersion 0 while the store is away, and not otherwise", async () => {
    memory.storage.failWith(new StorageError("unavailable", "etcdserver: no leader"));
    assert.equal(namesOf(await page({ resourceVersion: "0" })).length, 5);
    await assert.rejects(page({}), /no leader/);
  });
});

describe("continue tokens", () => {
  it("come back as they were", () => {
    const token = { revision: 42, startKey: "default/x\0" };
    assert.deepEqual(decodeContinueToken(encodeContinueToken(token)), token);
  });

  it("are refused when they were not made here", () => {
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const text of [
      "nonsense",
      "%%%",
      encoded(null),
      encoded({ v: "v9", rv: 1, start: "a" }),
      encoded({ v: "meta.k8s.io/v1", rv: 1, start: "" }),
      encoded({ v: "meta.k8s.io/v1", rv: 1, start: "../secrets/x" }),
      encoded({ v: "meta.k8s.io/v1", rv: "1", start: "a" }),
    ])
      assert.throws(() => decodeContinueToken(text), /continue key is not valid/, text);
  });
});
