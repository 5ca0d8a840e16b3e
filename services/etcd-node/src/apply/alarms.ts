import { AlarmType } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import type { NodeId } from "@drydock/raft";

/** Upstream's two: the space a quota allows is used up; a member's state differs from the others'. */
export type AlarmKind = "NOSPACE" | "CORRUPT";

export interface Alarm {
  readonly member: NodeId;
  readonly kind: AlarmKind;
}

interface AlarmBackend {
  putAlarm(alarm: Alarm): void;
  deleteAlarm(alarm: Alarm): void;
  alarms(): Iterable<Alarm>;
}

/** Alarms that were raised and not disarmed: part of the replicated state. */
export class Alarms {
  readonly #backend: AlarmBackend;
  readonly #active: Map<string, Alarm>;

  constructor(backend: AlarmBackend) {
    this.#backend = backend;
    this.#active = new Map([...backend.alarms()].map((alarm) => [keyOf(alarm), alarm]));
  }

  /** Nobody has raised any. */
  get isEmpty(): boolean {
    return this.#active.size === 0;
  }

  get active(): readonly Alarm[] {
    return [...this.#active.values()];
  }

  /** Of one kind; NONE means all. */
  ofType(type: AlarmType): readonly Alarm[] {
    if (type === AlarmType.NONE) return this.active;
    const kind = alarmKindOf(type);
    return this.active.filter((alarm) => alarm.kind === kind);
  }

  has(kind: AlarmKind): boolean {
    return this.active.some((alarm) => alarm.kind === kind);
  }

  raise(alarm: Alarm): void {
    this.#active.set(keyOf(alarm), alarm);
    this.#backend.putAlarm(alarm);
  }

  /** False when it was not raised. */
  disarm(alarm: Alarm): boolean {
    if (!this.#active.delete(keyOf(alarm))) return false;
    this.#backend.deleteAlarm(alarm);
    return true;
  }
}

export function alarmKindOf(type: AlarmType): AlarmKind | undefined {
  if (type === AlarmType.NOSPACE) return "NOSPACE";
  return type === AlarmType.CORRUPT ? "CORRUPT" : undefined;
}

function keyOf({ kind, member }: Alarm): string {
  return `${kind}/${member}`;
}
