import assert from "node:assert/strict";
import { MemoryStorage } from "../memory-storage.ts";
import { StorageError } from "../storage.ts";
import { describeStorageContract } from "../storage-contract.ts";
import { EncryptedStorage } from "./encrypted-storage.ts";
import { parseEncryptionConfig } from "./encryption-config.ts";
import { createProvider, type ProviderKind } from "./providers.ts";
import { providersByKey } from "./providers-by-key.ts";

const key = (fill: number) => Buffer.alloc(32, fill);
const bytes = (text: string) => Buffer.from(text);

for (const kind of ["aescbc", "aesgcm", "secretbox"] as const)
  describeStorageContract(
    `memory, encrypted by ${kind}`,
    async () => new EncryptedStorage(new MemoryStorage(), () => [createProvider(kind, "k", key(1))]),
  );

describe("EncryptedStorage", () => {
  const providers: readonly [ProviderKind, boolean][] = [
    ["aescbc", false],
    ["aesgcm", true],
    ["secretbox", true],
  ];
  for (const [kind, noticesChanges] of providers)
    it(`keeps nothing readable with ${kind}${noticesChanges ? ", and notices what was changed" : ""}`, async () => {
      const inner = new MemoryStorage();
      const storage = new EncryptedStorage(inner, () => [createProvider(kind, "k1", key(1))]);
      await storage.create("/registry/secrets/a", bytes("the secret itself"));
      const kept = Buffer.from((await inner.get("/registry/secrets/a")).kv?.value ?? []);
      assert.ok(kept.toString("latin1").startsWith(`k8s:enc:${kind}:v1:k1:`));
      assert.ok(!kept.includes("secret itself"));
      if (!noticesChanges) return;
      kept[kept.length - 1] = (kept[kept.length - 1] as number) ^ 1;
      const { kv } = await inner.get("/registry/secrets/a");
      await inner.update("/registry/secrets/a", kept, kv?.modRevision ?? 0);
      await assert.rejects(storage.get("/registry/secrets/a"), StorageError);
    });

  it("reads what older keys wrote, and says that it is stale until it is written again", async () => {
    const inner = new MemoryStorage();
    await inner.create("/plain", bytes("1"));
    const before = new EncryptedStorage(inner, () => [createProvider("aescbc", "old", key(1)), "identity"]);
    await before.create("/old", bytes("2"));
    const after = new EncryptedStorage(inner, () => [
      createProvider("secretbox", "new", key(2)),
      createProvider("aescbc", "old", key(1)),
      "identity",
    ]);
    for (const [name, text] of [
      ["/plain", "1"],
      ["/old", "2"],
    ] as const) {
      const { kv } = await after.get(name);
      assert.deepEqual([Buffer.from(kv?.value ?? []).toString(), kv?.isStale], [text, true]);
      await after.update(name, kv?.value ?? bytes(""), kv?.modRevision ?? 0);
      assert.equal((await after.get(name)).kv?.isStale, undefined);
    }
    await assert.rejects(before.get("/old"), /cannot decrypt \/old: no matching prefix found/);
  });
});

describe("the configuration of encryption", () => {
  const file = (providers: string, resources = "[secrets]") =>
    `{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: ${resources}, providers: ${providers}}]}`;
  const secret = key(3).toString("base64");

  it("says whose values are encrypted, and how", () => {
    const config = parseEncryptionConfig(
      file(
        `[{aesgcm: {keys: [{name: k, secret: "${secret}"}]}}, {identity: {}}]`,
        '[secrets, deployments.apps, "*.batch"]',
      ),
    );
    const definitions = [
      { group: "", resource: "secrets", storagePrefix: "secrets" },
      { group: "", resource: "configmaps", storagePrefix: "configmaps" },
      { group: "apps", resource: "deployments", storagePrefix: "deployments" },
      { group: "batch", resource: "jobs", storagePrefix: "jobs" },
    ];
    const of = providersByKey(config, definitions);
    const isEncrypted = ["secrets/a", "configmaps/a", "deployments/a", "jobs/a"].map(
      (path) => of(`/registry/${path}`) !== undefined,
    );
    assert.deepEqual(isEncrypted, [true, false, true, true]);
  });

  it("names kinds that are defined at run time by name, by group, or all", () => {
    const of = (...resources: string[]) => {
      const providers = [createProvider("aescbc", "k", key(1))];
      const byKey = providersByKey(
        [{ resources, providers }],
        [{ group: "", resource: "pods", storagePrefix: "pods" }],
      );
      const keys = ["example.com/widgets/default/a", "example.com/gadgets/a", "other.org/widgets/a", "pods/a"];
      return keys.filter((path) => byKey(`/registry/${path}`) !== undefined);
    };
    assert.deepEqual(of("widgets.example.com"), ["example.com/widgets/default/a"]);
    assert.deepEqual(of("*.example.com"), ["example.com/widgets/default/a", "example.com/gadgets/a"]);
    assert.deepEqual(of("widgets", "*."), ["pods/a"]);
    assert.equal(of("*.*").length, 4);
  });

  const broken: [string, string, RegExp][] = [
    ["no key", file("[{aescbc: {keys: []}}]"), /resources\[0\].providers\[0\].aescbc.keys: at least one key/],
    [
      "a key that is too short",
      file("[{secretbox: {keys: [{name: k, secret: aaaa}]}}]"),
      /secret: must be base64 of 32 bytes, and is of 3/,
    ],
    ["an unknown provider", file("[{rot13: {}}]"), /rot13 is not one of/],
    ["no provider", file("[]"), /at least one provider/],
    ["another kind", "{kind: Pod}", /must be an EncryptionConfiguration/],
    ["a name with a colon", file(`[{aescbc: {keys: [{name: "a:b", secret: "${secret}"}]}}]`), /without a colon/],
  ];
  for (const [what, text, message] of broken)
    it(`is refused with ${what}`, () => assert.throws(() => parseEncryptionConfig(text), message));
});
