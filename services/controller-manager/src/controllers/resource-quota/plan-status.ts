import { deepEqual } from "@drydock/apimachinery";
import type { V1ResourceQuota, V1ResourceQuotaStatus } from "@drydock/kube-api";
import { type Amounts, formatAmounts, parseAmounts } from "@drydock/resource-usage";

/** The status that the quota should have, or undefined when it says so already. `counted` has an amount for each name that can be counted. Pure. */
export function planStatus({ spec, status }: V1ResourceQuota, counted: Amounts): V1ResourceQuotaStatus | undefined {
  const hard = spec?.hard ?? {};
  const used: Record<string, string> = {};
  const [was, is] = [status?.used ?? {}, formatAmounts(counted)];
  // What cannot be counted here keeps what somebody else says of it.
  for (const name of Object.keys(hard)) {
    const amount = is[name] ?? was[name];
    if (amount !== undefined) used[name] = amount;
  }
  const isSame = status?.hard !== undefined && deepEqual(status.hard, hard) && isSameAmount(was, used);
  return isSame ? undefined : { hard, used };
}

function isSameAmount(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const [left, right] = [parseAmounts(a), parseAmounts(b)];
  return left.size === right.size && [...left].every(([name, amount]) => right.get(name)?.compare(amount) === 0);
}
