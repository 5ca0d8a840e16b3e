import type Docker from "dockerode";

/** How each process is asked whether it is ready, from inside its own container. */
const PROBES: Readonly<Record<string, string>> = {
  "etcd-1": "http://127.0.0.1:2381/readyz",
  "etcd-2": "http://127.0.0.1:2381/readyz",
  "etcd-3": "http://127.0.0.1:2381/readyz",
  "controller-manager": "http://127.0.0.1:10257/healthz",
  scheduler: "http://127.0.0.1:10259/healthz",
  "node-1": "http://127.0.0.1:10248/readyz",
  "node-2": "http://127.0.0.1:10248/readyz",
  "node-3": "http://127.0.0.1:10248/readyz",
  "kube-proxy-1": "http://127.0.0.1:10256/readyz",
  "kube-proxy-2": "http://127.0.0.1:10256/readyz",
  "kube-proxy-3": "http://127.0.0.1:10256/readyz",
};

/** All processes of a lab, in the order in which they come up. */
const processes: readonly string[] = [
  "etcd-1",
  "etcd-2",
  "etcd-3",
  "apiserver",
  "controller-manager",
  "scheduler",
  ...Object.keys(PROBES).filter((name) => /node|proxy/.test(name)),
];

/** Waits until every process says it is ready; rejects naming those that do not, with the end of their logs. */
export async function waitForHealth(
  docker: Docker,
  lab: string,
  isApiReady: () => Promise<boolean>,
  timeoutMs: number,
  progress: (text: string) => void,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  let waiting = [...processes];
  while (waiting.length > 0) {
    progress(`waiting for ${waiting.join(", ")}`);
    const states = await Promise.all(
      waiting.map((name) =>
        name === "apiserver" ? isApiReady() : isReady(docker, `${lab}-${name}`, PROBES[name] as string),
      ),
    );
    waiting = waiting.filter((_, index) => !states[index]);
    if (waiting.length > 0 && Date.now() > deadlineMs) throw new Error(await describe(docker, lab, waiting));
    if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function isReady(docker: Docker, container: string, url: string): Promise<boolean> {
  try {
    const exec = await docker
      .getContainer(container)
      .exec({ Cmd: ["busybox", "wget", "-q", "-O", "/dev/null", url], AttachStdout: true });
    const stream = await exec.start({});
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve).once("end", resolve));
    return (await exec.inspect()).ExitCode === 0;
  } catch {
    return false;
  }
}

async function describe(docker: Docker, lab: string, waiting: readonly string[]): Promise<string> {
  const tails = await Promise.all(
    waiting.map(async (name) => {
      const logs = await docker
        .getContainer(`${lab}-${name}`)
        .logs({ stdout: true, stderr: true, tail: 5 })
        .catch((error: Error) => Buffer.from(error.message));
      return `--- ${name}\n${logs.toString("utf8").replace(/[^\t\n\x20-\x7e]/g, "")}`;
    }),
  );
  return `not ready in time: ${waiting.join(", ")}\n${tails.join("\n")}`;
}
