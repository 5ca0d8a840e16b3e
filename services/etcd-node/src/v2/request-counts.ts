import type { V2Action } from "./event.ts";

const ACTIONS: readonly [action: V2Action, name: string][] = [
  ["get", "gets"],
  ["set", "sets"],
  ["delete", "delete"],
  ["update", "update"],
  ["create", "create"],
  ["compareAndSwap", "compareAndSwap"],
  ["compareAndDelete", "compareAndDelete"],
];

/** How requests of this member ended, as `/v2/stats/store` tells it. */
export class RequestCounts {
  readonly #counts = new Map<string, number>();

  note(action: V2Action, hasSucceeded: boolean): void {
    const key = `${action} ${hasSucceeded}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  view(): Record<string, number> {
    const count = (action: V2Action, hasSucceeded: boolean) => this.#counts.get(`${action} ${hasSucceeded}`) ?? 0;
    const ends = ACTIONS.flatMap(([action, name]) => [
      [`${name}Success`, count(action, true)],
      [`${name}Fail`, count(action, false)],
    ]);
    return { ...Object.fromEntries(ends), expireCount: count("expire", true) };
  }
}
