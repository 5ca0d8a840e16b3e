import type { Clock } from "@drydock/base";
import type { V1Container } from "@drydock/kube-api";
import { CrashBackoff } from "../pods/crash-backoff.ts";
import type { WaitingReason } from "../pods/pod-status.ts";
import type { ContainerRuntime, RuntimeImage } from "../runtime/runtime.ts";

export type ImageVerdict =
  | { readonly kind: "present"; readonly image: RuntimeImage; readonly pulled: boolean }
  | { readonly kind: "waiting"; readonly waiting: WaitingReason; readonly isNew: boolean; readonly retryAtMs: number };

/** Makes images present by the pull policy, with upstream's reasons and back-off (10 s doubling to 5 min an image) when that fails. */
export class ImagePuller {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #backoff = new CrashBackoff();
  readonly #failedAtMs = new Map<string, number>();
  readonly #pulling = new Map<string, Promise<void>>();

  constructor(runtime: ContainerRuntime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /**
   * `onPulling` is told before a pull starts. A policy of Always is satisfied by a local image when the registry cannot be reached:
   * the lab works offline, where upstream would insist on asking the registry.
   */
  async ensure(container: V1Container, onPulling: () => void): Promise<ImageVerdict> {
    const reference = container.image ?? "";
    if (!isValidReference(reference)) {
      return this.#waiting(
        "InvalidImageName",
        `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`,
        true,
      );
    }
    const local = await this.#runtime.imageStatus(reference);
    if (local) return { kind: "present", image: local, pulled: false };
    if (container.imagePullPolicy === "Never") {
      return this.#waiting(
        "ErrImageNeverPull",
        `Container image "${reference}" is not present with pull policy of Never`,
        true,
      );
    }
    const readyAtMs = this.#backoff.readyAtMs(reference, this.#failedAtMs.get(reference) ?? 0);
    if (readyAtMs > this.#clock.nowMs()) {
      return {
        ...this.#waiting("ImagePullBackOff", `Back-off pulling image "${reference}"`, false),
        retryAtMs: readyAtMs,
      };
    }
    return this.#pull(reference, onPulling);
  }

  async #pull(reference: string, onPulling: () => void): Promise<ImageVerdict> {
    try {
      onPulling();
      await this.#pullOnce(reference);
      const image = await this.#runtime.imageStatus(reference);
      if (!image) throw new Error("the image is not there after it was pulled");
      this.#failedAtMs.delete(reference);
      return { kind: "present", image, pulled: true };
    } catch (error) {
      const nowMs = this.#clock.nowMs();
      this.#backoff.next(reference, nowMs, nowMs);
      this.#failedAtMs.set(reference, nowMs);
      const retryAtMs = this.#backoff.readyAtMs(reference, nowMs);
      return {
        ...this.#waiting("ErrImagePull", `failed to pull image "${reference}": ${(error as Error).message}`, true),
        retryAtMs,
      };
    }
  }

  /** Pods that want the same image at the same time share one pull. */
  #pullOnce(reference: string): Promise<void> {
    const running = this.#pulling.get(reference);
    if (running) return running;
    const pull = this.#runtime.pullImage(withTag(reference)).finally(() => this.#pulling.delete(reference));
    this.#pulling.set(reference, pull);
    return pull;
  }

  #waiting(reason: string, message: string, isNew: boolean) {
    return { kind: "waiting" as const, waiting: { reason, message }, isNew, retryAtMs: this.#clock.nowMs() + 30_000 };
  }
}

/** Docker pulls every tag of a bare name; Kubernetes means `latest`. */
function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  return last.includes(":") || reference.includes("@") ? reference : `${reference}:latest`;
}

function isValidReference(reference: string): boolean {
  return /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
    reference,
  );
}
