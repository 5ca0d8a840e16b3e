import assert from "node:assert/strict";
import type { V1Pod } from "@drydock/kube-api";
import type { RuntimePod } from "../../runtime/runtime.ts";
import type { PodDirectory } from "../pod-directory.ts";
import { cadvisorMetrics } from "./cadvisor-metrics.ts";
import { renderFamilies } from "./exposition.ts";
import { type MachineUsage, parseInterfaces, parseMemory, parseStat } from "./machine.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { renderSummary } from "./summary.ts";
import { UsageCollector } from "./usage-collector.ts";

const MEMORY =
  "MemTotal:  100 kB\nMemFree:  40 kB\nInactive(file):  10 kB\nAnonPages:  5 kB\nSwapTotal: 8 kB\nSwapFree: 6 kB\n";
const NETWORK = "Inter-|\n face |\n    lo: 9 9 9 9 9 9 9 9 9 9 9 9\n  eth0: 100 2 3 0 0 0 0 0 200 4 5 0 0 0 0 0\n";

const machine = (cpuSeconds: number): MachineUsage => ({
  cpuUsageNanoSeconds: cpuSeconds * 1e9,
  bootedAtMs: 1000,
  ...parseMemory(MEMORY),
  disk: { capacityBytes: 10, availableBytes: 4, usedBytes: 6, inodes: 5, inodesFree: 3 },
  interfaces: parseInterfaces(NETWORK),
  processes: { current: 3, max: 9 },
});

const pod: V1Pod = { apiVersion: "v1", kind: "Pod", metadata: { name: 'we"b', namespace: "ns", uid: "u" } };

const held = {
  uid: "u",
  sandboxes: [{ state: "running", createdAtMs: 2000, pid: 0 }],
  containers: [
    { id: "1", name: "app", image: "i", state: "running", startedAtMs: 3000 },
    { id: "0", name: "app", image: "i", state: "exited", startedAtMs: 1000 },
  ],
} as unknown as RuntimePod;

function createCollector() {
  const state = { nowMs: 10_000, cpuSeconds: 1, calls: 0, fails: false };
  const stats = async () => ({
    cpuUsageNanoSeconds: state.cpuSeconds * 1e9,
    cpuPeriods: 7,
    cpuThrottledPeriods: 2,
    cpuThrottledNanoSeconds: 5e8,
    memoryUsageBytes: 30,
    memoryWorkingSetBytes: 20,
    memoryRssBytes: 10,
    memoryLimitBytes: 50,
    pageFaults: 1,
    majorPageFaults: 0,
    processes: 2,
    diskReadBytes: 11,
    diskWrittenBytes: 12,
  });
  const listPods = async () => {
    state.calls++;
    if (state.fails) throw new Error("no runtime");
    return [held];
  };
  const directory = { runtime: { stats, listPods }, nodeName: "n", pods: () => [pod] } as unknown as PodDirectory;
  const clock = { nowMs: () => state.nowMs } as ConstructorParameters<typeof UsageCollector>[1];
  return { state, collector: new UsageCollector(directory, clock, async () => machine(state.cpuSeconds)) };
}

describe("what a node uses", () => {
  it("is read of the kernel's files", () => {
    assert.deepEqual(parseStat("cpu  1 2 3 400 5 6 7 8 9 10\ncpu0 1\nbtime 17\n"), {
      cpuUsageNanoSeconds: 27e7,
      bootedAtMs: 17_000,
    });
    assert.deepEqual(parseMemory(MEMORY), {
      memory: {
        totalBytes: 102_400,
        usageBytes: 61_440,
        workingSetBytes: 51_200,
        availableBytes: 51_200,
        rssBytes: 5120,
      },
      swap: { usageBytes: 2048, availableBytes: 6144 },
    });
    assert.deepEqual(parseInterfaces(NETWORK), [
      { name: "eth0", rxBytes: 100, rxErrors: 3, txBytes: 200, txErrors: 5 },
    ]);
  });

  it("is measured once for who asks together, and has rates from the second time on", async () => {
    const { state, collector } = createCollector();
    const [first, same] = await Promise.all([collector.collect(), collector.collect()]);
    assert.equal(first, same);
    assert.equal(first.pods[0]?.containers[0]?.cpuNanoCores, undefined);
    state.nowMs += 4000;
    state.cpuSeconds += 2;
    const second = await collector.collect();
    assert.equal(state.calls, 2);
    assert.equal(second.pods[0]?.containers.length, 1);
    assert.equal(second.pods[0]?.containers[0]?.cpuNanoCores, 5e8);
    assert.equal(second.cpuNanoCores, 5e8);
  });

  it("is asked for again after a failure", async () => {
    const { state, collector } = createCollector();
    state.fails = true;
    await assert.rejects(collector.collect());
    state.fails = false;
    assert.equal((await collector.collect()).nodeName, "n");
  });

  it("makes upstream's summary", async () => {
    const usage = await createCollector().collector.collect();
    const time = "1970-01-01T00:00:10Z";
    const { node, pods } = renderSummary(usage, true) as { node: object; pods: object[] };
    assert.deepEqual(Object.keys(node), ["nodeName", "startTime", "cpu", "memory", "swap"]);
    assert.deepEqual(pods, [
      {
        podRef: { name: 'we"b', namespace: "ns", uid: "u" },
        startTime: "1970-01-01T00:00:02Z",
        containers: [
          {
            name: "app",
            startTime: "1970-01-01T00:00:03Z",
            cpu: { time, usageCoreNanoSeconds: 1e9 },
            memory: {
              time,
              availableBytes: 30,
              usageBytes: 30,
              workingSetBytes: 20,
              rssBytes: 10,
              pageFaults: 1,
              majorPageFaults: 0,
            },
          },
        ],
        cpu: { time, usageCoreNanoSeconds: 1e9 },
        memory: { time, usageBytes: 30, workingSetBytes: 20, rssBytes: 10, pageFaults: 1, majorPageFaults: 0 },
      },
    ]);
    const whole = renderSummary(usage, false) as { node: { network: object } };
    assert.deepEqual(whole.node.network, {
      time,
      ...parseInterfaces(NETWORK)[0],
      interfaces: parseInterfaces(NETWORK),
    });
  });

  it("is told in Prometheus' format", async () => {
    const usage = await createCollector().collector.collect();
    const resource = renderFamilies(resourceMetrics(usage)).split("\n");
    assert.ok(resource.includes("# TYPE node_cpu_usage_seconds_total counter"));
    assert.ok(resource.includes("node_memory_working_set_bytes 51200 10000"));
    assert.ok(resource.includes('pod_memory_working_set_bytes{namespace="ns",pod="we\\"b"} 20 10000'));
    assert.ok(resource.includes("resource_scrape_error 0"));
    assert.match(renderFamilies(resourceMetrics(undefined)), /\nresource_scrape_error 1\n$/);
    const cadvisor = renderFamilies(cadvisorMetrics(usage, 2)).split("\n");
    assert.ok(cadvisor.includes("machine_cpu_cores 2"));
    const labels = 'container="app",id="/kubepods/podu/1",image="i",name="1",namespace="ns",pod="we\\"b"';
    assert.ok(cadvisor.includes(`container_cpu_cfs_throttled_seconds_total{${labels}} 0.5 10000`));
    assert.ok(cadvisor.includes(`container_fs_writes_bytes_total{${labels}} 12 10000`));
  });
});
