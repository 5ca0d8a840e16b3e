import assert from "node:assert/strict";
import { currentTraceId, currentTraceparent, installTracing, withTrace } from "./trace.ts";

describe("trace context", () => {
  before(() => installTracing());

  it("keeps the trace id over a hop and takes a new span id", async () => {
    const incoming = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await withTrace(incoming, async () => {
      await Promise.resolve();
      const outgoing = currentTraceparent() ?? "";
      assert.match(outgoing, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
      assert.notEqual(outgoing, incoming);
    });
  });

  it("starts a new trace when the header is missing or malformed", () => {
    for (const bad of [undefined, "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01"]) {
      withTrace(bad, () => assert.match(currentTraceId() ?? "", /^[0-9a-f]{32}$/));
    }
    assert.equal(currentTraceId(), undefined);
  });
});
