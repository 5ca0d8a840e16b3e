import type { V1PriorityLevelConfigurationSpec } from "@drydock/kube-api";

/** How many seats a level has by its configuration: what it is promised, what nobody can borrow from it, what it can have at most. */
export interface SeatLimits {
  readonly nominal: number;
  readonly lower: number;
  readonly upper: number;
}

type Specs = ReadonlyMap<string, V1PriorityLevelConfigurationSpec>;

const SHARES_DEFAULT = 30;

/** Shares the server's seats out among the levels. */
export function planLimits(specs: Specs, totalSeats: number): ReadonlyMap<string, SeatLimits> {
  let sum = 0;
  for (const spec of specs.values()) sum += sharesOf(spec);
  const limits = new Map<string, SeatLimits>();
  for (const [name, spec] of specs) {
    const nominal = sum === 0 ? 0 : Math.ceil((totalSeats * sharesOf(spec)) / sum);
    const lendable = Math.round((nominal * ((spec.limited ?? spec.exempt)?.lendablePercent ?? 0)) / 100);
    const percent = spec.limited?.borrowingLimitPercent;
    const borrowing = percent === undefined ? totalSeats : Math.round((nominal * percent) / 100);
    limits.set(name, { nominal, lower: nominal - lendable, upper: nominal + borrowing });
  }
  return limits;
}

function sharesOf({ type, limited, exempt }: V1PriorityLevelConfigurationSpec): number {
  if (type === "Exempt") return exempt?.nominalConcurrencyShares ?? 0;
  return limited?.nominalConcurrencyShares ?? SHARES_DEFAULT;
}
