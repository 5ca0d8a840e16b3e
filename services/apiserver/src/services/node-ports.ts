import type { Storage } from "../storage/storage.ts";
import { decodePorts, encodePorts, type PortRange, type PortSet } from "./port-set.ts";

const KEY = "/registry/ranges/servicenodeports";

/** Node ports that are taken: one bitmap in the store, changed only from the version it was read at, so two servers cannot collide. */
export class NodePorts {
  readonly range: PortRange;
  readonly #storage: Storage;
  /** How many were taken when somebody last looked. */
  #used = 0;

  constructor(storage: Storage, range: PortRange) {
    this.#storage = storage;
    this.range = range;
  }

  get use(): { readonly size: number; readonly used: number } {
    return { size: this.range.last - this.range.first + 1, used: this.#used };
  }

  /** What is taken now, to look at. */
  async read(): Promise<PortSet> {
    const { kv } = await this.#storage.get(KEY);
    const taken = decodePorts(this.range, kv?.value);
    this.#used = [...taken].length;
    return taken;
  }

  /** `plan` changes the set it is given; it is asked again when somebody else was faster. */
  async change<T>(plan: (taken: PortSet) => T): Promise<T> {
    let { kv } = await this.#storage.get(KEY);
    for (;;) {
      const taken = decodePorts(this.range, kv?.value);
      const outcome = plan(taken);
      this.#used = [...taken].length;
      const value = encodePorts(taken);
      if (kv && Buffer.compare(value, kv.value) === 0) return outcome;
      const written = kv
        ? await this.#storage.update(KEY, value, kv.modRevision)
        : await this.#storage.create(KEY, value);
      if (written.ok) return outcome;
      kv = written.current;
    }
  }

  async release(ports: readonly number[]): Promise<void> {
    if (ports.length === 0) return;
    await this.change((taken) => {
      for (const port of ports) taken.delete(port);
    });
  }
}
