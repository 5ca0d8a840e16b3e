import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { startCluster } from "../integration/control/cluster.ts";
import { FakeNodes } from "../integration/control/fake-nodes.ts";

/**
 * Runs upstream's own suite against a control plane of ours on loopback, whose nodes are played: what asks for the API and the
 * controllers alone. `E2E_TEST` names the suite's binary; see the README beside this file.
 */

const SIGS = ["api-machinery", "apps", "auth", "instrumentation", "network", "node", "scheduling", "storage"];
const FOCUS = `\\[sig-(${SIGS.join("|")})\\].*\\[Conformance\\]`;
/** What needs containers that run. */
const SKIP = [
  ...["\\[Slow\\]", "\\[LinuxOnly\\]", "\\[NodeConformance\\]", "Aggregator", "AdmissionWebhook", "ConversionWebhook"],
  ...["CustomResourceFieldSelectors", "StatefulSet", "Preempt", "Predicates", "Probing", "Lifecycle Hook"],
  ...[
    "Networking",
    "DNS",
    "Proxy",
    "Service(s)? should (be able|serve|have session)",
    "HostPort",
    "multiple (endpoint IPs|ports)",
  ],
  ...[
    "volume",
    "projected",
    "Projected",
    "Downward",
    "EmptyDir",
    "Subpath",
    "OIDC",
    "mount an API token",
    "Sysctl",
    "Kubelet",
  ],
  ...[
    "Variable Expansion",
    "Security Context",
    "Containers",
    "InitContainer",
    "Ephemeral",
    "exec",
    "serve a basic image",
  ],
];

const { values } = parseArgs({
  options: {
    focus: { type: "string", default: FOCUS },
    skip: { type: "string", default: SKIP.join("|") },
    timeout: { type: "string", default: "30m" },
  },
});
const suite = process.env["E2E_TEST"];
if (!suite) throw new Error("E2E_TEST must name upstream's e2e.test");

const cluster = await startCluster({ nodeMonitorGracePeriod: "5m", flags: ["--allow-privileged=true"] });
const nodes = new FakeNodes(cluster.client);
const kubeconfig = await cluster.server.kubeconfig("rest", "kubernetes-admin", ["system:masters"]);
try {
  for (const name of ["node-1", "node-2", "node-3"]) await nodes.add(name);
  process.exitCode = await runSuite(suite);
} finally {
  nodes.stop();
  await cluster.stop();
  await rm(kubeconfig, { force: true });
}

async function runSuite(binary: string): Promise<number> {
  const child = spawn(
    binary,
    [
      `--kubeconfig=${kubeconfig}`,
      "--provider=skeleton",
      "--allowed-not-ready-nodes=-1",
      "--minStartupPods=0",
      "--disable-log-dump",
      "--dump-logs-on-failure=false",
      `--ginkgo.focus=${values.focus}`,
      `--ginkgo.skip=${values.skip}`,
      `--ginkgo.timeout=${values.timeout}`,
      "--ginkgo.silence-skips",
      "--ginkgo.v",
    ],
    { stdio: "inherit" },
  );
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
