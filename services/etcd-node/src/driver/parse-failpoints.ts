const ACTIONS = ["kill", "torn", "full", "sleep", "skip"] as const;

/** What happens at some of the times at which a failpoint is reached. */
export interface Rule {
  /** `kill` ends the process; `torn` writes a part first; `full` writes a part and fails as a full disk does; `sleep` stands still. */
  readonly action: (typeof ACTIONS)[number];
  /** Of `sleep`: milliseconds. */
  readonly argument: number;
  /** From which time on, up to which, and every how many of those between. */
  readonly first: number;
  readonly last: number;
  readonly every: number;
}

/**
 * `name` alone ends the process the first time; `name=action` acts every time, `name=action@20` the twentieth time, `name=action@20+` from
 * then on, `name=action%5` every fifth time; `sleep:200` takes milliseconds. Several are separated by commas.
 */
export function parseFailpoints(text: string, names: readonly string[]): ReadonlyMap<string, readonly Rule[]> {
  const rules = new Map<string, Rule[]>();
  for (const part of text.split(",").map((each) => each.trim())) {
    const { name, rule } = parseOne(part);
    if (!names.includes(name)) throw new Error(`no failpoint "${name}"; there are ${names.join(", ")}`);
    rules.set(name, [...(rules.get(name) ?? []), rule]);
  }
  return rules;
}

function parseOne(text: string): { name: string; rule: Rule } {
  const match = /^([a-z-]+)(?:=([a-z]+)(?::(\d+))?(?:@(\d+)(\+)?|%(\d+))?)?$/.exec(text);
  if (!match) throw new Error(`failpoint "${text}" is not name=action:argument@time`);
  const [, name = "", action, argument = "0", at, onward, every = "1"] = match;
  if (action === undefined) return { name, rule: { action: "kill", argument: 0, first: 1, last: 1, every: 1 } };
  const known = ACTIONS.find((each) => each === action);
  if (!known) throw new Error(`failpoint "${text}": no action "${action}"; there are ${ACTIONS.join(", ")}`);
  const first = at === undefined ? Number(every) : Number(at);
  const last = at === undefined || onward ? Number.POSITIVE_INFINITY : first;
  return { name, rule: { action: known, argument: Number(argument), first, last, every: Number(every) } };
}
