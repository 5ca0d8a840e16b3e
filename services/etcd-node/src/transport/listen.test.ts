import assert from "node:assert/strict";
import { listen } from "./listen.ts";

describe("a listener", () => {
  const served = { http: async () => {}, transport: "own" as const };

  it("shares its port with another one where both are told to, and not otherwise", async () => {
    const first = await listen(new URL("http://127.0.0.1:0"), undefined, { ...served, reusesPort: true });
    const url = new URL(`http://127.0.0.1:${first.port}`);
    const second = await listen(url, undefined, { ...served, reusesPort: true });
    await assert.rejects(listen(url, undefined, served), /EADDRINUSE/);
    await Promise.all([first.stop(0), second.stop(0)]);
  });
});
