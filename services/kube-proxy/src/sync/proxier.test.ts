import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { FakeClock } from "@drydock/base";
import { Store } from "@drydock/client";
import { silentLogger } from "@drydock/component";
import type { V1EndpointSlice, V1Service } from "@drydock/kube-api";
import { Proxier } from "./proxier.ts";

describe("the proxier", () => {
  it("repairs what others changed every half minute, also while it is kept busy by changes", async () => {
    const clock = new FakeClock();
    const aborter = new AbortController();
    const services = new Store<V1Service>();
    const repairs = new Set<number>();
    const proxier = new Proxier({
      iptables: {
        restore: async () => {},
        chains: async () => [],
        ensureChain: async () => {},
        ensureJump: async () => void repairs.add(clock.monotonicMs()),
        clearUdp: async () => {},
      },
      services,
      slices: new Store<V1EndpointSlice>(),
      nodeName: "n",
      clusterCidr: "10.244.0.0/16",
      minSyncMs: 1000,
      syncMs: 30_000,
      clock,
      logger: silentLogger(),
      onSync: () => {},
    });
    const running = proxier.run(aborter.signal);
    for (let second = 0; second < 70; second++) {
      proxier.changed();
      for (let count = 0; count < 100; count++) await turn();
      clock.advance(1000);
    }
    aborter.abort();
    await running;
    assert.deepEqual([...repairs], [0, 30_000, 60_000]);
  });
});
