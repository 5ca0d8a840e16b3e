import assert from "node:assert/strict";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { AddressLeases } from "./address-leases.ts";

describe("leases of addresses", () => {
  it("hold while they are renewed, and end when nobody does or when they are given back", async () => {
    const storage = new MemoryStorage();
    const [one, two] = [new AddressLeases(storage, 15), new AddressLeases(storage, 15)];
    await one.renew("10.0.0.1");
    await two.renew("10.0.0.2");
    assert.deepEqual(await one.live(1000), ["10.0.0.1", "10.0.0.2"]);
    await one.renew("10.0.0.1");
    assert.deepEqual(await one.live(1014), ["10.0.0.1", "10.0.0.2"]);
    await one.renew("10.0.0.1");
    assert.deepEqual(await one.live(1015), ["10.0.0.1"]);
    await one.renew("10.0.0.1");
    await two.renew("10.0.0.2");
    assert.deepEqual(await one.live(1100), ["10.0.0.1", "10.0.0.2"]);
    await two.withdraw("10.0.0.2");
    assert.deepEqual(await one.live(1101), ["10.0.0.1"]);
  });
});
