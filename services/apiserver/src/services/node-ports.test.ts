import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import type { V1ServiceSpec } from "@drydock/kube-api";
import { MemoryStorage } from "../storage/memory-storage.ts";
import { NodePorts } from "./node-ports.ts";
import { planNodePorts } from "./plan-node-ports.ts";
import { decodePorts, encodePorts, PortSet } from "./port-set.ts";

const RANGE = { first: 30_000, last: 32_767 };
const first = () => 0;

describe("node ports", () => {
  it("stand in the store as upstream writes them", () => {
    const value = JSON.parse(Buffer.from(encodePorts(new PortSet(RANGE, [30_000, 30_009]))).toString());
    assert.deepEqual([value.kind, value.range], ["RangeAllocation", "30000-32767"]);
    assert.deepEqual([...Buffer.from(value.data, "base64")].slice(-3), [0, 2, 1]);
    assert.deepEqual([...decodePorts(RANGE, encodePorts(new PortSet(RANGE, [30_000, 32_767])))], [30_000, 32_767]);
    assert.deepEqual([...decodePorts({ first: 1, last: 9 }, encodePorts(new PortSet(RANGE, [30_000])))], []);
  });

  it("are drawn from the upper band until that is full", () => {
    const taken = new PortSet({ first: 1, last: 40 });
    const { integer } = createPrng(1);
    const drawn = Array.from({ length: 41 }, () => {
      const port = taken.draw(integer);
      if (port !== undefined) taken.add(port);
      return port;
    });
    assert.ok(drawn.slice(0, 24).every((port) => (port as number) > 16));
    assert.ok(drawn.slice(24, 40).every((port) => (port as number) <= 16));
    assert.equal(drawn[40], undefined);
  });

  it("are changed by one server at a time", async () => {
    const storage = new MemoryStorage();
    const servers = [new NodePorts(storage, RANGE), new NodePorts(storage, RANGE)];
    const got = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (servers[index % 2] as NodePorts).change((taken) => {
          const port = taken.draw(first) as number;
          taken.add(port);
          return port;
        }),
      ),
    );
    assert.equal(new Set(got).size, 50);
    await servers[0]?.release(got.slice(1));
    assert.deepEqual([...((await servers[1]?.read()) ?? [])], got.slice(0, 1));
  });

  const spec = (value: object): V1ServiceSpec => ({ type: "NodePort", ...value });
  const [a, b] = [30_086, 30_087];
  const table: [string, V1ServiceSpec, V1ServiceSpec | undefined, number[], object][] = [
    ["draws one for each port", spec({ ports: [{ port: 1 }, { port: 2 }] }), undefined, [], { ports: [a, b] }],
    [
      "shares one between protocols",
      spec({
        ports: [
          { port: 1, protocol: "TCP" },
          { port: 1, protocol: "UDP" },
        ],
      }),
      undefined,
      [],
      { ports: [a, a], taken: [a] },
    ],
    [
      "never draws what is asked for further down",
      spec({ ports: [{ port: 1 }, { port: 2, nodePort: a }] }),
      undefined,
      [],
      { ports: [b, a] },
    ],
    [
      "keeps those it has",
      spec({ ports: [{ port: 1, nodePort: a }] }),
      spec({ ports: [{ port: 1, nodePort: a }] }),
      [a],
      { ports: [a], taken: [] },
    ],
    [
      "refuses what is taken",
      spec({ ports: [{ port: 1, nodePort: a }] }),
      undefined,
      [a],
      { invalid: { detail: "provided port is already allocated" } },
    ],
    [
      "gives none to a balancer that wants none, but for health checks",
      {
        type: "LoadBalancer",
        allocateLoadBalancerNodePorts: false,
        externalTrafficPolicy: "Local",
        ports: [{ port: 1 }],
      },
      undefined,
      [],
      { ports: [undefined], healthCheckNodePort: a, taken: [a] },
    ],
    [
      "gives none to others",
      { type: "ClusterIP", ports: [{ port: 1 }] },
      undefined,
      [],
      { ports: [undefined], taken: [] },
    ],
  ];
  for (const [what, now, old, taken, expected] of table)
    it(what, () => assert.partialDeepStrictEqual(planNodePorts(now, old, new PortSet(RANGE, taken), first), expected));
});
