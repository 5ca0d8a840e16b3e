/** What etcd 3.6 has by these names; undefined: it is always so here, and cannot be otherwise. */
const GATES: Readonly<Record<string, boolean | undefined>> = {
  AllAlpha: undefined,
  AllBeta: undefined,
  CompactHashCheck: true,
  InitialCorruptCheck: true,
  LeaseCheckpoint: undefined,
  LeaseCheckpointPersist: undefined,
  SetMemberLocalAddr: false,
  StopGRPCServiceOnDefrag: false,
  TxnModeWriteWithSharedBuffer: undefined,
};

const BETA: ReadonlySet<string> = new Set(["TxnModeWriteWithSharedBuffer", "AllBeta"]);

export interface FeatureGates {
  readonly compactHashCheck: boolean;
  readonly initialCorruptCheck: boolean;
  /** As the metrics tell it: what is always so is enabled. */
  readonly all: readonly { readonly name: string; readonly stage: "ALPHA" | "BETA"; readonly isEnabled: boolean }[];
}

/** Reads etcd's `--feature-gates`, `Name=true,Other=false`. Throws for what is not known, and for what cannot be had here. */
export function parseFeatureGates(text: string): FeatureGates {
  const enabled = new Set<string>();
  for (const part of text.split(",").filter((each) => each.trim() !== "")) {
    const [name = "", value = ""] = part.split("=").map((each) => each.trim());
    if (!Object.hasOwn(GATES, name)) throw new Error(`unrecognized feature gate: ${name}`);
    if (value !== "true" && value !== "false")
      throw new Error(`invalid value of ${name}=${value}, err: it must be true or false`);
    if (GATES[name] === false && value === "true")
      throw new Error(`feature gate ${name} is not there, so it cannot be true`);
    if (value === "true") enabled.add(name);
    else enabled.delete(name);
  }
  const all = Object.entries(GATES).map(([name, possible]) => ({
    name,
    stage: BETA.has(name) ? ("BETA" as const) : ("ALPHA" as const),
    isEnabled: possible ? enabled.has(name) : possible === undefined && !name.startsWith("All"),
  }));
  return {
    compactHashCheck: enabled.has("CompactHashCheck"),
    initialCorruptCheck: enabled.has("InitialCorruptCheck"),
    all,
  };
}
