import type { Prng } from "@drydock/base";
import type { Agenda } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { Recorder } from "./recorder.ts";
import type { Witness } from "./witness.ts";

/** What clients see of a simulation. */
export interface Cluster {
  readonly agenda: Agenda;
  readonly prng: Prng;
  readonly recorder: Recorder;
  readonly witness: Witness;
  /** Some member, up or not. */
  anyMember(): { readonly process: Process | undefined; readonly isPaused: boolean };
  isAlive(process: Process): boolean;
  freshNumber(): number;
}

export interface Client {
  step(): void;
  /** Begins nothing new. */
  stop(): void;
}

export const CLIENT_TIMEOUT_STEPS = 300;

/** Carries a request to a member and the answer back, each after a while; nothing comes back from a process that has ended. */
export function call<T>(
  cluster: Cluster,
  ask: (process: Process, reply: (answer: T) => void) => void,
  answered: (answer: T | "unreachable") => void,
): void {
  const { agenda, prng } = cluster;
  const member = cluster.anyMember();
  const arrive = () => {
    // What comes to a paused process waits for it, and comes first when it goes on.
    if (member.isPaused) return agenda.after(1, arrive);
    const { process } = member;
    const back = (answer: T | "unreachable") => agenda.after(1 + prng.integer(4), () => answered(answer));
    if (!process) return back("unreachable");
    ask(process, (answer) => {
      if (member.process === process) back(answer);
    });
  };
  agenda.after(1 + prng.integer(4), arrive);
}
