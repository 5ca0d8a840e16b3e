import { join } from "node:path";
import Docker from "dockerode";
import { ensureCompose } from "../host/ensure-docker.ts";
import { Compose } from "../lab/compose.ts";
import { type LabSettings, readSettings } from "../lab/settings.ts";
import { createSteps, type Steps } from "../report/steps.ts";

/** What every command works with. */
export interface CommandContext {
  readonly root: string;
  /** `.drydock`: everything this tool writes, git-ignored. */
  readonly state: string;
  readonly pki: string;
  readonly settings: LabSettings;
  readonly steps: Steps;
  readonly docker: Docker;
  compose(): Promise<Compose>;
}

export function createContext(root: string): CommandContext {
  const settings = readSettings(root);
  const state = join(root, ".drydock");
  let compose: Compose | undefined;
  return {
    root,
    state,
    pki: join(state, "pki"),
    settings,
    steps: createSteps(),
    docker: new Docker(),
    async compose() {
      compose ??= new Compose(await ensureCompose(() => {}), settings);
      return compose;
    },
  };
}
