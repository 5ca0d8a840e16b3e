import type { ApiClient } from "@drydock/client";
import { type ApiServer, startApiServer } from "../loopback/api-server.ts";
import { freePorts } from "../loopback/free-ports.ts";

/** A control plane of real processes on loopback: store, apiserver, scheduler, controller-manager. No nodes, no containers. */
export interface Cluster {
  readonly client: ApiClient;
  readonly server: ApiServer;
  /** Ends one process with SIGKILL and starts it again. */
  restart(name: "scheduler" | "controller-manager"): Promise<void>;
  /** What the processes wrote, for the message of a failed test. */
  logs(name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly nodeMonitorGracePeriod?: string;
  /** Of the API server. */
  readonly flags?: readonly string[];
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const server = await startApiServer(options.flags ? { flags: options.flags } : {});
  const { processes, client, path, stop } = server;
  const [managerPort, schedulerPort] = await freePorts(2);
  const managerConfig = await server.kubeconfig("components", "system:kube-controller-manager");
  const schedulerConfig = await server.kubeconfig("components", "system:kube-scheduler");
  const controllers = {
    "controller-manager": () =>
      processes.runService("controller-manager", [
        `--kubeconfig=${managerConfig}`,
        `--root-ca-file=${path("ca.crt")}`,
        `--service-account-private-key-file=${path("sa.key")}`,
        `--secure-port=${managerPort}`,
        `--node-monitor-grace-period=${options.nodeMonitorGracePeriod ?? "50s"}`,
        "--node-monitor-period=1s",
        "--leader-elect=false",
      ]),
    scheduler: () =>
      processes.runService("scheduler", [
        `--kubeconfig=${schedulerConfig}`,
        `--secure-port=${schedulerPort}`,
        "--leader-elect=false",
      ]),
  };
  for (const start of Object.values(controllers)) await start();
  return {
    client,
    server,
    async restart(name) {
      await processes.kill(name);
      await controllers[name]();
    },
    logs: (name) => processes.logs(name),
    stop,
  };
}
