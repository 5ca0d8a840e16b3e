import assert from "node:assert/strict";
import type { V1Secret } from "@drydock/kube-api";
import { bootstrapUser } from "./bootstrap-tokens.ts";
import { type RawHeader, userOfHeaders } from "./request-header.ts";
import { parseTokenFile } from "./static-tokens.ts";
import { forApiAudiences, TokenAuthenticators, type Verdict } from "./token-authenticator.ts";

const nowMs = Date.UTC(2026, 0, 1);

describe("static tokens", () => {
  it("are lines of token, user, uid and groups", () => {
    const users = parseTokenFile('t1,jane,1\n\nt2,"joe, jr",2,"a,b"\nt3,max,3,c\n');
    assert.deepEqual(
      [...users],
      [
        ["t1", { name: "jane", uid: "1", groups: [] }],
        ["t2", { name: "joe, jr", uid: "2", groups: ["a", "b"] }],
        ["t3", { name: "max", uid: "3", groups: ["c"] }],
      ],
    );
    assert.throws(() => parseTokenFile("t1,jane"), /must have at least 3 columns/);
  });
});

describe("bootstrap tokens", () => {
  const good = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
  };
  const secret = (data: Record<string, string>, change: Partial<V1Secret> = {}): V1Secret => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
    ...change,
  });
  const userOf = (stored: V1Secret) => bootstrapUser(stored, "abcdef", "0123456789abcdef", nowMs);
  const groups = "auth-extra-groups";

  for (const [name, stored, expected] of [
    ["a good one", secret(good), ["system:bootstrappers"]],
    ["not yet over", secret({ ...good, expiration: "2026-01-01T00:00:01Z" }), ["system:bootstrappers"]],
    [
      "with groups",
      secret({ ...good, [groups]: "system:bootstrappers:kubeadm:default-node-token" }),
      ["system:bootstrappers", "system:bootstrappers:kubeadm:default-node-token"],
    ],
    ["a group of others", secret({ ...good, [groups]: "system:masters" }), undefined],
    ["over", secret({ ...good, expiration: "2025-12-31T23:59:59Z" }), undefined],
    ["an end that is no time", secret({ ...good, expiration: "soon" }), undefined],
    ["for something else", secret({ ...good, "usage-bootstrap-authentication": "false" }), undefined],
    ["another secret", secret({ ...good, "token-secret": "0123456789abcdee" }), undefined],
    ["another id", secret({ ...good, "token-id": "abcdeg" }), undefined],
    ["another type", secret(good, { type: "Opaque" }), undefined],
  ] as const) {
    it(name, () => {
      const expectedUser = expected && { name: "system:bootstrap:abcdef", groups: [...expected] };
      assert.deepEqual(userOf(stored), expectedUser);
    });
  }
});

describe("headers of a proxy", () => {
  const names = {
    username: ["X-Remote-User"],
    uid: ["X-Remote-Uid"],
    group: ["X-Remote-Group"],
    extraPrefix: ["X-Remote-Extra-"],
  };

  it("name a user, groups and more", () => {
    const headers: RawHeader[] = [
      ["x-remote-user", "jane"],
      ["x-remote-uid", "7"],
      ["x-remote-group", "a, b"],
      ["x-remote-group", "c"],
      ["x-remote-extra-example.org%2fkey", "1"],
      ["x-remote-extra-example.org%2fkey", "2"],
    ];
    assert.deepEqual(userOfHeaders(names, headers), {
      name: "jane",
      uid: "7",
      groups: ["a, b", "c"],
      extra: { "example.org/key": ["1", "2"] },
    });
    assert.equal(userOfHeaders(names, [["x-remote-group", "c"]]), undefined);
  });
});

describe("the list of token authenticators", () => {
  const says = (verdict: Verdict) => ({ authenticate: () => verdict });
  const jane: Verdict = { kind: "user", user: { name: "jane", groups: [] }, audiences: ["api"] };
  const refused = (reason: string): Verdict => ({ kind: "refused", reason });

  it("takes whoever knows the token, and joins the reasons of those who refuse", async () => {
    const ask = (...verdicts: Verdict[]) =>
      new TokenAuthenticators(() => verdicts.map(says)).authenticate("t", ["api"]);
    assert.deepEqual(await ask(undefined, refused("old"), jane), jane);
    assert.deepEqual(await ask(refused("old"), undefined), refused("old"));
    assert.deepEqual(await ask(refused("old"), refused("bad")), refused("[old, bad]"));
    assert.equal(await ask(undefined), undefined);
  });

  it("a token without audiences is for the API alone", async () => {
    const list = forApiAudiences(["api", "other"], () => jane);
    assert.deepEqual(await list.authenticate("t", ["other", "x"]), { ...jane, audiences: ["other"] });
    assert.equal(await list.authenticate("t", ["x"]), undefined);
  });
});
