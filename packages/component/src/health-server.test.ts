import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { serveHealth } from "./health-server.ts";

describe("serveHealth", () => {
  it("answers the probes and their single checks as upstream does", async () => {
    let isSynced = false;
    const readiness = {
      synced: () => {
        if (!isSynced) throw new Error("not yet");
      },
    };
    const server = await serveHealth({ host: "127.0.0.1", port: 0, metrics: new Registry(), readiness });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return [response.status, await response.text()];
    };
    try {
      assert.deepEqual(await get("/livez"), [200, "ok"]);
      assert.deepEqual(await get("/readyz"), [500, "[+]ping ok\n[-]synced failed: not yet\nreadyz check failed\n"]);
      isSynced = true;
      assert.deepEqual(await get("/readyz/synced?verbose"), [200, "[+]synced ok\nreadyz check passed\n"]);
      assert.equal((await get("/readyz/nope"))[0], 404);
      assert.equal((await get("/metrics"))[0], 200);
    } finally {
      await server.stop();
    }
  });
});
