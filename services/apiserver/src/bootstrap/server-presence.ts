import { randomUUID } from "node:crypto";
import type { Logger } from "@drydock/component";
import type { Registry } from "../registry/registry.ts";
import type { Storage } from "../storage/storage.ts";
import { AddressLeases } from "./address-leases.ts";
import { collectExpiredIdentities, renewIdentity } from "./identity-lease.ts";
import { writeKubernetesEndpoints } from "./kubernetes-endpoints.ts";

const RENEW_MS = 5_000;
const ADDRESS_LIFE_MS = 15_000;

/** Where clients reach this server: its endpoint of the `kubernetes` Service. */
interface Place {
  readonly advertiseAddress: string;
  readonly securePort: number;
}

interface PresencePorts {
  readonly registry: Registry;
  readonly storage: Storage;
  readonly logger: Logger;
}

/**
 * Says that this server is there, to the others and to clients: renews its leases, and keeps the endpoints of the `kubernetes` Service
 * at the addresses of all servers that live. All servers do so; they come to the same result, so it does not matter who writes last.
 */
export class ServerPresence {
  readonly #options: Place & PresencePorts;
  readonly #leases: AddressLeases;
  readonly #holder = randomUUID();
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isKnown = false;

  constructor({ advertiseAddress, securePort }: Place, ports: PresencePorts) {
    this.#options = { advertiseAddress, securePort, ...ports };
    this.#leases = new AddressLeases(ports.storage, ADDRESS_LIFE_MS);
  }

  /** The endpoints have named this server at least once. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  start(): void {
    this.#round = this.#renew().catch((error: Error) => {
      this.#options.logger.warn({ err: error.message }, "leases of this server not renewed");
    });
    void this.#round.then(() => {
      if (!this.#isStopped) this.#timer = setTimeout(() => this.start(), this.#isKnown ? RENEW_MS : 500);
    });
  }

  /** Takes this server's address out of the endpoints, as far as the store lets it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#leases
      .withdraw(this.#options.advertiseAddress)
      .then(() => this.#writeEndpoints())
      .catch(() => {});
  }

  async #renew(): Promise<void> {
    const { registry, advertiseAddress } = this.#options;
    await this.#leases.renew(advertiseAddress);
    await this.#writeEndpoints();
    await renewIdentity(registry, advertiseAddress, this.#holder);
    await collectExpiredIdentities(registry, Date.now());
    this.#isKnown = true;
  }

  async #writeEndpoints(): Promise<void> {
    const addresses = await this.#leases.live(performance.now());
    // The last one to go leaves its address behind: none at all is worse for those who wait for it.
    if (addresses.length > 0)
      await writeKubernetesEndpoints(this.#options.registry, addresses, this.#options.securePort);
  }
}
