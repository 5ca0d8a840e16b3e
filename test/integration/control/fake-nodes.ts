import type { ApiClient } from "@drydock/client";
import { leases, nodes, pods, type V1Container, type V1Node, type V1Pod } from "@drydock/kube-api";

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** Stands in for kubelets: keeps nodes alive by their leases, runs what is bound to them at once, and ends what is being deleted. */
export class FakeNodes {
  readonly #client: ApiClient;
  readonly #aborter = new AbortController();
  readonly #silent = new Set<string>();
  readonly #names: string[] = [];
  /** Pods with this image never become ready. */
  static readonly brokenImage = "broken";
  /** What has been run at least once. */
  readonly #works = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #nextIp = 2;

  constructor(client: ApiClient) {
    this.#client = client;
    void this.#followPods();
    this.#timer = setInterval(() => void this.#beat(), 500);
  }

  async add(name: string): Promise<void> {
    const labels = { "kubernetes.io/hostname": name };
    const node: V1Node = { apiVersion: "v1", kind: "Node", metadata: { name, labels } };
    await this.#client.create(nodes, node);
    // A patch: the controllers write to a new node at once.
    await this.#client.patch(nodes, { name }, { status: this.#status() }, "application/merge-patch+json", "status");
    this.#names.push(name);
    await this.#beat();
  }

  /** From now on the node says nothing. */
  silence(name: string): void {
    this.#silent.add(name);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#aborter.abort();
  }

  #status(): NonNullable<V1Node["status"]> {
    const capacity = { cpu: "4", memory: "8Gi", pods: "110" };
    return {
      capacity,
      allocatable: capacity,
      conditions: [
        { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: now(), lastTransitionTime: now() },
      ],
    };
  }

  async #beat(): Promise<void> {
    for (const name of this.#names.filter((candidate) => !this.#silent.has(candidate))) {
      const key = { namespace: "kube-node-lease", name };
      const renewTime = new Date().toISOString().replace("Z", "000Z");
      try {
        const { uid } = (await this.#client.get(nodes, { name })).metadata;
        const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid: uid ?? "" }];
        const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...key, ownerReferences } };
        const current = await this.#client.get(leases, key).catch(() => this.#client.create(leases, lease));
        await this.#client.update(leases, { ...current, spec: { holderIdentity: name, renewTime } });
      } catch {
        // The next beat comes soon.
      }
    }
  }

  async #followPods(): Promise<void> {
    const { signal } = this.#aborter;
    while (!signal.aborted) {
      try {
        const list = await this.#client.list(pods);
        for (const pod of list.items) await this.#handle(pod);
        const options = { resourceVersion: list.metadata.resourceVersion };
        for await (const events of this.#client.watch(pods, options, signal)) {
          for (const { type, object } of events) if (type !== "DELETED") void this.#handle(object).catch(() => {});
        }
      } catch {
        // Listed again.
      }
    }
  }

  async #handle(pod: V1Pod): Promise<void> {
    const { metadata, spec, status } = pod;
    if (!spec?.nodeName || !this.#names.includes(spec.nodeName) || this.#silent.has(spec.nodeName)) return;
    if (metadata.deletionTimestamp) {
      const isHeld = metadata.finalizers?.length && status?.phase === "Running";
      if (isHeld) return void (await this.#client.updateStatus(pods, { ...pod, status: killedStatus(pod) }));
      await this.#client.delete(pods, metadata, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
      return;
    }
    if (status?.phase && status.phase !== "Pending") return;
    const ended = endedStatuses(pod, this.#works);
    if (ended) {
      await this.#client.updateStatus(pods, { ...pod, status: { ...status, ...ended } });
      return;
    }
    const isReady = spec.containers.every(({ image }) => image !== FakeNodes.brokenImage);
    const podIP = `10.244.0.${this.#nextIp++}`;
    await this.#client.updateStatus(pods, {
      ...pod,
      status: {
        ...status,
        phase: "Running",
        startTime: now(),
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [
          ...(status?.conditions ?? []).filter(({ type }) => type === "PodScheduled"),
          { type: "Ready", status: isReady ? "True" : "False", lastTransitionTime: now() },
        ],
      },
    });
  }
}

/**
 * What containers of images called `exit-<code>` end with, and of upstream's suite those that run `exit <code>`, fail by an odd index, or
 * fail when they run for the first time; a shell that is asked for nothing ends too. Undefined for those that go on.
 */
function exitCodeOf({ image = "", command = [], args = [] }: V1Container, index: number, isFirst: boolean) {
  const script = [...command, ...args].at(-1)?.trim() ?? "";
  const codes = [...script.matchAll(/exit (\d+)/g)].map(([, code]) => Number(code));
  if (script.includes("JOB_COMPLETION_INDEX} % 2")) return index % 2;
  if (script.includes("-r /data/foo") && isFirst) return script.includes("sleep") ? undefined : codes.at(-1);
  if (script.includes("-r /data/foo")) return codes[0];
  if (script.includes("$RANDOM")) return isFirst ? 1 : 0;
  if (script === "" && image.includes("busybox")) return 0;
  if (/^(\/bin\/)?(true|false)$/.test(script)) return script.endsWith("true") ? 0 : 1;
  if (/^exit \d+$/.test(script)) return codes[0];
  const code = /^exit-(\d+)$/.exec(image)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** The status of a pod all of whose containers end at once; undefined if one goes on. */
function endedStatuses({ metadata, spec, status }: V1Pod, seen: Set<string>): V1Pod["status"] {
  const containers = spec?.containers ?? [];
  const index = Number(metadata.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
  const work = `${metadata.ownerReferences?.[0]?.uid} ${index}`;
  const isFirst = !seen.has(work) && spec?.restartPolicy !== "OnFailure";
  seen.add(work);
  const codes = containers.map((container) => exitCodeOf(container, index, isFirst));
  if (codes.includes(undefined)) return undefined;
  return {
    phase: codes.every((code) => code === 0) ? "Succeeded" : "Failed",
    startTime: now(),
    conditions: [
      ...(status?.conditions ?? []).filter(({ type }) => type === "PodScheduled"),
      { type: "Ready", status: "False", reason: "PodCompleted", lastTransitionTime: now() },
    ],
    containerStatuses: containers.map(({ name, image = "" }, position) => ({
      name,
      image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: codes[position] as number, finishedAt: now() } },
    })),
  };
}

/** Whoever holds a pod that is being deleted sees how it ended. */
function killedStatus({ spec, status }: V1Pod): V1Pod["status"] {
  return {
    ...status,
    phase: "Failed",
    conditions: (status?.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: now() } : condition,
    ),
    containerStatuses: (spec?.containers ?? []).map(({ name, image = "" }) => ({
      name,
      image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode: 137, finishedAt: now() } },
    })),
  };
}
