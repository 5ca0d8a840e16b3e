import assert from "node:assert/strict";
import { parseAuthenticationFile } from "../authentication-file.ts";
import { ClaimMappings, type MappingRules } from "./claim-mappings.ts";

const plain: MappingRules = {
  username: { claim: "sub", prefix: "oidc:" },
  groups: { claim: "groups", prefix: "g:" },
  uid: undefined,
  extra: [],
  claimRules: [],
  userRules: [],
};
const user = (rules: Partial<MappingRules>, claims: object) =>
  new ClaimMappings({ ...plain, ...rules }).userOf(claims as Record<string, unknown>);
const email = { username: { claim: "email", prefix: "" } };

describe("claims become a user", () => {
  for (const [name, rules, claims, expected] of [
    ["by claim and prefix", {}, { sub: "1", groups: ["a"] }, { name: "oidc:1", groups: ["g:a"] }],
    ["with one group", {}, { sub: "1", groups: "a" }, { name: "oidc:1", groups: ["g:a"] }],
    ["with none", {}, { sub: "1" }, { name: "oidc:1", groups: [] }],
    ["by a checked address", email, { email: "j@x", email_verified: true }, { name: "j@x", groups: [] }],
    [
      "by expressions",
      {
        username: { expression: "'x:' + claims.sub" },
        groups: { expression: "claims.roles.split(',')" },
        uid: { claim: "id", prefix: "" },
        extra: [{ key: "example.org/team", valueExpression: "claims.team" }],
      },
      { sub: "1", roles: "a,b", id: "7", team: "blue" },
      { name: "x:1", uid: "7", groups: ["a", "b"], extra: { "example.org/team": ["blue"] } },
    ],
  ] as const) {
    it(name, () => assert.deepEqual(user(rules, claims), expected));
  }

  for (const [name, rules, claims, message] of [
    ["no name", {}, {}, 'oidc: parse username claims "sub": claim not present'],
    ["an address nobody checked", email, { email: "j@x", email_verified: false }, "oidc: email not verified"],
    [
      "a claim that is missing",
      { claimRules: [{ claim: "hd", requiredValue: "x" }] },
      { sub: "1" },
      "oidc: required claim hd not present in ID token",
    ],
    [
      "a claim of another value",
      { claimRules: [{ claim: "hd", requiredValue: "x" }] },
      { sub: "1", hd: "y" },
      "oidc: required claim hd value does not match. Got = y, want = x",
    ],
    [
      "claims that a rule forbids",
      { claimRules: [{ expression: "claims.exp - claims.nbf <= 86400", message: "too long" }] },
      { sub: "1", exp: 90_000, nbf: 0 },
      "oidc: error evaluating claim validation rule: too long",
    ],
    [
      "a user that a rule forbids",
      {
        username: { claim: "sub", prefix: "" },
        userRules: [{ expression: "!user.username.startsWith('system:')", message: "no" }],
      },
      { sub: "system:x" },
      "oidc: error evaluating user validation rule: no",
    ],
  ] as const) {
    it(`refuses ${name}`, () => assert.throws(() => user(rules, claims), { message }));
  }
});

describe("AuthenticationConfiguration", () => {
  const file = (rest: string) =>
    parseAuthenticationFile(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n${rest}`);
  const issuer = (claims: string, url = "https://x") =>
    `jwt: [{ issuer: { url: "${url}", audiences: [a] }, claimMappings: { username: ${claims} } }]`;

  it("limits anonymous access to paths", () => {
    const allows = file("anonymous: { enabled: true, conditions: [{ path: /livez }] }").allowsAnonymous;
    assert.deepEqual([allows?.("/livez"), allows?.("/api"), allows?.("/livez/")], [true, false, false]);
    assert.equal(file("anonymous: { enabled: false }").allowsAnonymous?.("/livez"), false);
    assert.equal(file("").allowsAnonymous, undefined);
  });

  for (const [name, text, message] of [
    ["another kind", "", /^no kind "" is registered/],
    ["no name", issuer("{}"), /^jwt\[0\]\.claimMappings\.username: Required value/],
    ["no prefix", issuer("{ claim: sub }"), /^jwt\[0\]\.claimMappings\.username\.prefix: Required value/],
    ["both", issuer("{ claim: sub, expression: x }"), /claim and expression can't both be set/],
    ["no https", issuer("{ claim: sub, prefix: '' }", "http://x"), /URL scheme must be https/],
    ["what is no expression", issuer("{ expression: 'claims.' }"), /^jwt\[0\]: compilation failed/],
  ] as const) {
    it(`refuses ${name}`, () => {
      const parse = () => (name === "another kind" ? parseAuthenticationFile("{}") : file(text));
      assert.throws(parse, { message });
    });
  }
});

describe("expressions over claims and users", () => {
  for (const [name, rules, message] of [
    [
      "fields that users do not have",
      { userRules: [{ expression: "user.name == 'x'", message: "" }] },
      /undefined field 'name'/,
    ],
    [
      "types that do not fit",
      { userRules: [{ expression: "user.groups == 'x'", message: "" }] },
      /found no matching overload/,
    ],
    ["rules that are no question", { claimRules: [{ expression: "'x'", message: "" }] }, /must evaluate to bool/],
    ["claims that are no map", { username: { expression: "claims + 'x'" } }, /found no matching overload/],
  ] as const) {
    it(`may not have ${name}`, () => assert.throws(() => new ClaimMappings({ ...plain, ...rules }), { message }));
  }
});
