import assert from "node:assert/strict";
import { tokenOfProtocols } from "./web-socket-token.ts";

describe("a bearer token among the subprotocols of a WebSocket", () => {
  const offer = (token: string, ...others: string[]) =>
    [`base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString("base64url")}`, ...others].join(", ");

  it("is taken out, and the others stay", () => {
    assert.deepEqual(tokenOfProtocols(offer("secret", "a", "b")), { authorization: "Bearer secret", others: "a, b" });
    assert.equal(tokenOfProtocols("a, b"), undefined);
    assert.equal(tokenOfProtocols(offer("", "a")), undefined);
  });

  it("is refused alone, twice, and when it is no text", () => {
    const prefix = "base64url.bearer.authorization.k8s.io.";
    for (const bad of [
      offer("secret"),
      offer("x", offer("y", "a")),
      `${prefix}_w, a`,
      `${prefix}!, a`,
      `${prefix}abcde, a`,
    ])
      assert.equal(tokenOfProtocols(bad)?.authorization, "Bearer", bad);
  });
});
