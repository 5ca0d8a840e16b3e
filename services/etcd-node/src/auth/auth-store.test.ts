import assert from "node:assert/strict";
import { Lessor, MemoryBackend } from "@drydock/mvcc";
import type { AuthCommand, Command } from "@drydock/proto/drydock/raft/v1/raft";
import { Permission_Type as PermissionType } from "@drydock/proto/etcd/api/authpb/auth";
import { AuthStore } from "./auth-store.ts";
import { authorize } from "./authorize.ts";
import { SimpleTokens } from "./simple-tokens.ts";

type Request = NonNullable<AuthCommand["request"]>;

class FakeBackend {
  readonly records = new Map<string, Buffer>();
  putIn(_section: "auth", name: string, value: Buffer | undefined): void {
    if (value) this.records.set(name, value);
    else this.records.delete(name);
  }
  recordsIn(): Iterable<Buffer> {
    return this.records.values();
  }
}

const user = (name: string, noPassword = false): Request => ({
  $case: "userAdd",
  value: { name, password: "", hashedPassword: `hash of ${name}`, options: { noPassword } },
});
const role = (name: string): Request => ({ $case: "roleAdd", value: { name } });
const grant = (name: string, to: string): Request => ({ $case: "userGrantRole", value: { user: to, role: name } });
const allow = (name: string, key: string, end: string, permType: number = PermissionType.READWRITE) =>
  ({
    $case: "roleGrantPermission",
    value: { name, perm: { permType, key: Buffer.from(key), rangeEnd: Buffer.from(end) } },
  }) as Request;
const ENABLE: Request = { $case: "enable", value: {} };
const DISABLE: Request = { $case: "disable", value: {} };

function build(...requests: readonly Request[]) {
  const backend = new FakeBackend();
  const store = new AuthStore(backend, new SimpleTokens());
  for (const request of requests) store.apply(request, 1, 0);
  return { backend, store };
}

const SET_UP = [
  user("root"),
  grant("root", "root"),
  role("r"),
  allow("r", "a", "c"),
  user("alice"),
  grant("r", "alice"),
];

describe("the store of users and roles", () => {
  it("refuses what breaks etcd's rules, with etcd's texts", () => {
    const { store } = build(...SET_UP, ENABLE);
    const refused = (request: Request, message: string) =>
      assert.throws(() => store.apply(request, 2, 0), { message: `etcdserver: ${message}` });
    refused(user(""), "user name is empty");
    refused(user("alice"), "user name already exists");
    refused(role("r"), "role name already exists");
    refused(role(""), "role name is empty");
    refused(grant("nothing", "alice"), "role name not found");
    refused(grant("r", "nobody"), "user name not found");
    refused({ $case: "userDelete", value: { name: "root" } }, "invalid auth management");
    refused({ $case: "roleDelete", value: { role: "root" } }, "invalid auth management");
    refused({ $case: "userRevokeRole", value: { name: "root", role: "root" } }, "invalid auth management");
    refused({ $case: "userRevokeRole", value: { name: "alice", role: "root" } }, "role is not granted to the user");
    refused({ $case: "roleGrantPermission", value: { name: "r", perm: undefined } }, "permission not given");
    const key = Buffer.from("zzz");
    const revoke: Request = { $case: "roleRevokePermission", value: { role: "r", key, rangeEnd: key } };
    refused(revoke, "permission is not granted to the role");
    assert.throws(() => build(ENABLE), { message: "etcdserver: root user does not exist" });
    assert.throws(() => build(user("root"), ENABLE), { message: "etcdserver: root user does not have root role" });
  });

  it("makes a new revision with each change, and comes back from its backend as it was", () => {
    const { backend, store } = build(...SET_UP, ENABLE);
    assert.equal(store.revision, 1 + SET_UP.length);
    store.apply(grant("r", "alice"), 2, 0);
    assert.equal(store.revision, 1 + SET_UP.length, "a grant that changes nothing is none");
    const again = new AuthStore(backend, new SimpleTokens());
    assert.equal(again.isEnabled, true);
    assert.equal(again.revision, store.revision);
    assert.deepEqual([again.userNames, again.roleNames], [["alice", "root"], ["r"]]);
    assert.deepEqual(again.permissionsOfRole("r"), store.permissionsOfRole("r"));
    assert.equal(again.passwordHashOf("alice"), "hash of alice");
  });

  it("takes a deleted role from those who had it", () => {
    const { store } = build(...SET_UP, ENABLE, { $case: "roleDelete", value: { role: "r" } });
    assert.deepEqual(store.user("alice").roles, []);
    const requester = { name: "alice", authRevision: store.revision };
    assert.throws(() => store.checkKeys(requester, { key: "a" }, "read"), /permission denied/);
  });

  it("gives tokens that end with time, password and user", () => {
    const { store } = build(...SET_UP, user("np", true), ENABLE);
    const assign = (name: string, index: number): Request => ({
      $case: "assignToken",
      value: { name, prefix: `t${index}` },
    });
    assert.equal(store.apply(assign("alice", 7), 7, 0), "t7.7");
    assert.equal(store.tokens.userOf("t7.7", 900, 1000), "alice");
    assert.equal(store.tokens.userOf("t7.7", 1800, 1000), "alice", "using it gave it time");
    assert.equal(store.tokens.userOf("t7.7", 2900, 1000), undefined);
    assert.throws(() => store.apply(assign("np", 8), 8, 0), /invalid user ID or password/);
    store.apply(assign("alice", 9), 9, 3000);
    store.apply({ $case: "userChangePassword", value: { name: "alice", password: "", hashedPassword: "h" } }, 10, 3000);
    assert.equal(store.tokens.userOf("t9.9", 3000, 1000), undefined);
    store.apply(DISABLE, 11, 3000);
    assert.throws(() => store.apply(assign("alice", 12), 12, 3000), /authentication is not enabled/);
  });
});

describe("authorize", () => {
  const { store } = build(...SET_UP, role("w"), allow("w", "w", "", PermissionType.WRITE), grant("w", "alice"), ENABLE);
  const lessor = new Lessor(new MemoryBackend());
  lessor.grant("5", 60, 0);
  lessor.attach("secret", "5");
  const put = (key: string, prevKv = false, lease = "0"): Command["request"] => ({
    $case: "put",
    value: { key: Buffer.from(key), value: Buffer.alloc(0), lease, prevKv, ignoreLease: false, ignoreValue: false },
  });
  const remove = (key: string, end: string, prevKv = false): Command["request"] => ({
    $case: "deleteRange",
    value: { key: Buffer.from(key), rangeEnd: Buffer.from(end), prevKv },
  });
  const inTxn = (nested: Command["request"]): Command["request"] => {
    if (nested?.$case !== "put") throw new Error("only puts are nested here");
    const op = { request: { $case: "requestPut", value: nested.value } } as const;
    const inner = { compare: [], success: [], failure: [op] };
    const outer = { request: { $case: "requestTxn", value: inner } } as const;
    return { $case: "txn", value: { compare: [], success: [], failure: [outer] } };
  };
  const table: readonly [what: string, request: Command["request"], isAllowed: boolean][] = [
    ["a key of the role", put("a1"), true],
    ["another key", put("z"), false],
    ["a key that may only be written", put("w"), true],
    ["and its old value", put("w", true), false],
    ["with a lease that holds a key of others", put("a1", false, "5"), false],
    ["with a lease that is not there", put("a1", false, "6"), true],
    ["a range of the role", remove("a", "c"), true],
    ["a wider range", remove("a", "d"), false],
    ["a range with its old values", remove("w", "", true), false],
    ["a nested transaction, in the branch that may not run", inTxn(put("z")), false],
    ["a nested transaction of allowed keys", inTxn(put("b")), true],
    ["a lease with keys of others", { $case: "leaseRevoke", value: { ID: "5" } }, false],
    ["users", { $case: "auth", value: { request: role("x") } }, false],
  ];
  for (const [what, request, isAllowed] of table) {
    it(`${isAllowed ? "lets a user change" : "keeps a user from"} ${what}`, () => {
      const alice = { name: "alice", authRevision: store.revision };
      const ask = () => authorize(store, lessor, alice, request);
      if (isAllowed) ask();
      else assert.throws(ask, { message: "etcdserver: permission denied" });
      authorize(store, lessor, { name: "root", authRevision: store.revision }, request);
    });
  }

  it("tells nobody, strangers and the outdated apart", () => {
    const ask = (requester: { name: string; authRevision: number } | undefined) => () =>
      authorize(store, lessor, requester, put("a"));
    assert.throws(ask(undefined), { message: "etcdserver: user name is empty" });
    assert.throws(ask({ name: "alice", authRevision: store.revision - 1 }), { message: /auth store is old/ });
    assert.throws(ask({ name: "eve", authRevision: store.revision }), { message: "etcdserver: permission denied" });
  });
});
