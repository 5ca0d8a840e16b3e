import { createApiClient } from "@drydock/client";
import { silentLogger, systemClock } from "@drydock/component";
import { pods, type V1Pod } from "@drydock/kube-api";
import {
  Compare_CompareResult as CompareResult,
  Compare_CompareTarget as CompareTarget,
  TxnRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { Latencies } from "../../load/latencies.ts";
import { runLoad } from "../../load/run-load.ts";
import type { Plane } from "../plane.ts";
import { podOf } from "../pods.ts";
import { SCRATCH } from "./calls.ts";
import { DURATION_MS, WARM_UP_MS } from "./timing.ts";

/** The transaction that a create becomes, of as many octets, straight to the store: what the API server cannot be faster than. */
export async function storeCreates(plane: Plane, concurrency: number): Promise<number> {
  const value = Buffer.from(JSON.stringify(podOf(SCRATCH, "raw")).padEnd(2600, " "));
  const turn = Date.now();
  const message = (call: number) => {
    const key = Buffer.from(`/raw/${turn}/${call}`);
    const put = { key, value, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
    return Buffer.from(
      TxnRequest.encode({
        compare: [
          {
            key,
            rangeEnd: Buffer.alloc(0),
            result: CompareResult.EQUAL,
            target: CompareTarget.MOD,
            targetUnion: { $case: "modRevision", value: 0 },
          },
        ],
        success: [{ request: { $case: "requestPut", value: put } }],
        failure: [],
      }).finish(),
    );
  };
  const { callsPerSecond } = await runLoad({
    target: plane.storeTarget,
    path: "/etcdserverpb.KV/Txn",
    message,
    concurrency,
    connections: 4,
    durationMs: DURATION_MS,
    warmUpMs: WARM_UP_MS,
  });
  return callsPerSecond;
}

/** Creates over the components' protocol, with the client that the components themselves use; its own cost is in it. */
export async function componentCreates(plane: Plane, concurrency: number): Promise<number> {
  const { ca, cert, key } = plane.identity;
  const connection = { server: plane.componentsUrl, caPem: ca, certPem: cert, keyPem: key };
  const client = createApiClient({ connection, clock: systemClock, logger: silentLogger() });
  const latencies = new Latencies();
  const countFrom = performance.now() + WARM_UP_MS;
  const stopAt = countFrom + DURATION_MS;
  const turn = Date.now();
  let made = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < stopAt) {
      const beganAt = performance.now();
      await client.create(pods, podOf(SCRATCH, `g${turn}-${made++}`) as V1Pod);
      const now = performance.now();
      if (now >= countFrom && now < stopAt) latencies.add(now - beganAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  client.close();
  return latencies.count / (DURATION_MS / 1000);
}
