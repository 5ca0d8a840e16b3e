import assert from "node:assert/strict";
import type { Clock } from "@drydock/base";
import type { ApiClient } from "@drydock/client";
import { NodeAuthenticator } from "./authenticator.ts";
import { NodeAuthorizer } from "./authorizer.ts";

/** An API server that knows one token and allows one thing. */
function createFakes() {
  const state = { nowMs: 0, asked: [] as string[], fails: false };
  const clock = { monotonicMs: () => state.nowMs } as Clock;
  const create = async (_resource: unknown, { spec }: { spec: Record<string, unknown> }) => {
    state.asked.push(JSON.stringify(spec.token ?? spec.resourceAttributes));
    if (state.fails) throw new Error("away");
    if ("token" in spec) {
      const isGood = spec.token === "good";
      return { status: isGood ? { authenticated: true, user: { username: "joe", groups: ["devs"] } } : {} };
    }
    const { subresource } = spec.resourceAttributes as { subresource: string };
    return { status: { allowed: subresource === "metrics" } };
  };
  return { state, clock, client: { create } as unknown as Pick<ApiClient, "create"> };
}

describe("who asks a kubelet", () => {
  const start = ({ allowsAnonymous = false } = {}) => {
    const fakes = createFakes();
    const { client, clock } = fakes;
    return {
      ...fakes,
      authenticator: new NodeAuthenticator({ client, clock, allowsAnonymous, asksForTokens: true, tokenTtlMs: 1000 }),
    };
  };

  it("is found out by a token, asked about once while the answer holds", async () => {
    const { authenticator, state } = start();
    const joe = { name: "joe", groups: ["devs", "system:authenticated"] };
    assert.deepEqual(await authenticator.authenticate(undefined, "Bearer good"), joe);
    assert.deepEqual(await authenticator.authenticate(undefined, "bearer  good"), joe);
    assert.equal(state.asked.length, 1);
    state.nowMs = 1000;
    await authenticator.authenticate(undefined, "Bearer good");
    assert.equal(state.asked.length, 2);
  });

  it("is nobody with another token, or none, unless anonymous requests are allowed", async () => {
    const { authenticator, state } = start();
    assert.equal(await authenticator.authenticate(undefined, "Bearer bad"), undefined);
    assert.equal(await authenticator.authenticate(undefined, "Bearer bad"), undefined);
    assert.equal(state.asked.length, 1);
    assert.equal(await authenticator.authenticate(undefined, ""), undefined);
    const open = start({ allowsAnonymous: true });
    assert.equal((await open.authenticator.authenticate(undefined, ""))?.name, "system:anonymous");
    assert.equal(await open.authenticator.authenticate(undefined, "Bearer bad"), undefined);
  });

  it("is not decided while the API server is away", async () => {
    const { authenticator, state } = start();
    state.fails = true;
    await assert.rejects(authenticator.authenticate(undefined, "Bearer good"), /away/);
    state.fails = false;
    assert.equal((await authenticator.authenticate(undefined, "Bearer good"))?.name, "joe");
  });
});

describe("what a user may ask of a kubelet", () => {
  const joe = { name: "joe", groups: [] };

  it("is the API server's to say, and holds for a while", async () => {
    const { client, clock, state } = createFakes();
    const options = { client, clock, nodeName: "n", allowedTtlMs: 1000, deniedTtlMs: 10 };
    const authorizer = new NodeAuthorizer({ ...options, mode: "Webhook" });
    const ask = (subresource: string) => authorizer.allows(joe, "get", subresource);
    assert.deepEqual(
      [await ask("metrics"), await ask("proxy"), await ask("metrics"), await ask("proxy")],
      [true, false, true, false],
    );
    assert.equal(state.asked.length, 2);
    assert.equal(state.asked[1], '{"verb":"get","version":"v1","resource":"nodes","subresource":"proxy","name":"n"}');
    state.nowMs = 10;
    await Promise.all([ask("metrics"), ask("proxy")]);
    assert.equal(state.asked.length, 3);
    const open = new NodeAuthorizer({ ...options, mode: "AlwaysAllow" });
    assert.equal(await open.allows(joe, "get", "proxy"), true);
  });
});
