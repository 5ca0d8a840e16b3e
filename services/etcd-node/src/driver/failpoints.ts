/** Crash windows of the driver, named after what has just been done or is about to be. */
export type Failpoint =
  | "raft-before-save"
  | "raft-after-save"
  | "apply-before"
  | "apply-after"
  | "snapshot-before-install"
  | "snapshot-after-install"
  | "compact-before-release";

/** Called at each window. In production nothing happens; a test may stop the process there. */
export type FailpointHook = (name: Failpoint) => void;

/** `DRYDOCK_FAILPOINT=raft-after-save` ends the process the first time that window is reached. */
export function failpointFromEnvironment(env: NodeJS.ProcessEnv): FailpointHook {
  const wanted = env["DRYDOCK_FAILPOINT"];
  if (!wanted) return () => {};
  return (name) => {
    if (name === wanted) process.kill(process.pid, "SIGKILL");
  };
}
