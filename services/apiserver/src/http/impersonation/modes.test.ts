import assert from "node:assert/strict";
import { impersonationModes, type Mode, partsOf, refusalOf, userOf, type Wanted } from "./modes.ts";

const wanted = (name: string, change: Partial<Wanted> = {}): Wanted => ({
  name,
  uid: "",
  groups: [],
  extra: {},
  ...change,
});
const jane = { name: "jane", groups: [] };
const agent = {
  name: "system:serviceaccount:ns:agent",
  groups: [],
  extra: { "authentication.kubernetes.io/node-name": ["n1"] },
};
const modeNamed = (name: Mode["name"]) => impersonationModes.find((mode) => mode.name === name) as Mode;

describe("modes of impersonation", () => {
  for (const [who, requester, expected] of [
    [wanted("eve"), jane, ["user-info", undefined]],
    [wanted("eve", { groups: ["g"] }), jane, ["user-info", undefined]],
    [wanted("system:node:n1"), jane, ["arbitrary-node", undefined]],
    [wanted("system:node:n1"), agent, ["associated-node", "arbitrary-node", undefined]],
    [wanted("system:node:n2"), agent, ["arbitrary-node", undefined]],
    [wanted("system:node:n1", { groups: ["g"] }), agent, [undefined]],
    [wanted("system:node:Bad_Name"), jane, ["user-info", undefined]],
    [wanted("system:serviceaccount:a:b"), jane, ["serviceaccount", undefined]],
    [wanted("system:serviceaccount:a:b", { uid: "1" }), jane, [undefined]],
  ] as const)
    it(`of ${who.name} by ${requester.name} with ${JSON.stringify([who.groups, who.uid])}: ${expected.join(", ")}`, () => {
      const applying = impersonationModes.filter((mode) => mode.applies(who, requester));
      assert.deepEqual(
        applying.map(({ name }) => name),
        expected,
      );
    });

  it("ask for each part, the old one in the old groups", () => {
    const who = wanted("eve", { uid: "5", groups: ["g"], extra: { "a.b/c": ["v"] } });
    const told = (mode: Mode) =>
      partsOf(mode, who).map(({ group, resource, subresource, name }) =>
        [group, resource, subresource, name].join("/"),
      );
    assert.deepEqual(told(modeNamed("user-info")), [
      "authentication.k8s.io/users//eve",
      "authentication.k8s.io/uids//5",
      "authentication.k8s.io/groups//g",
      "authentication.k8s.io/userextras/a.b/c/v",
    ]);
    assert.deepEqual(told(modeNamed(undefined)).slice(0, 3), [
      "/users//eve",
      "authentication.k8s.io/uids//5",
      "/groups//g",
    ]);
    const [node] = partsOf(modeNamed("associated-node"), wanted("system:node:n1"));
    assert.deepEqual([node?.resource, node?.name], ["nodes", "*"]);
  });

  it("never make a superuser, nor what has no name", () => {
    const why = (change: Partial<Wanted>) => refusalOf(wanted("eve", change))?.why;
    assert.equal(why({ groups: ["system:masters"] }), "impersonating the system:masters group is not allowed");
    assert.equal(why({ groups: [""] }), "impersonating the empty string group is not allowed");
    assert.match(
      String(why({ extra: { nodomain: ["x"] } })),
      /^impersonating an invalid key in extra is not allowed: /,
    );
    assert.equal(why({ extra: { "a.b/c": [""] } }), "impersonating the empty string value in extra is not allowed");
    assert.equal(why({ groups: ["g"], extra: { "a.b/c": ["v"] } }), undefined);
  });

  it("give nodes and accounts their groups", () => {
    const groups = (name: Mode["name"], user: string) => userOf(modeNamed(name), wanted(user)).groups;
    assert.deepEqual(groups("arbitrary-node", "system:node:n1"), ["system:nodes", "system:authenticated"]);
    assert.deepEqual(groups(undefined, "system:node:n1"), ["system:authenticated"]);
    assert.deepEqual(groups("user-info", "system:anonymous"), ["system:unauthenticated"]);
    assert.ok(groups("serviceaccount", "system:serviceaccount:a:b").includes("system:serviceaccounts:a"));
  });
});
