import { GrpcStatus } from "../grpc-error.ts";
import { MessageReader } from "../message-reader.ts";
import { ANSWER_HEAD, CallBase, OK_TRAILERS } from "./call-base.ts";
import type { DirectFailure } from "./methods.ts";

/**
 * A call of many messages both ways, with as much of grpc-js's ServerDuplexStream as services use: `data` for each request, `end` after the
 * last; `write`, `drain`, `end()`, `finish`; emitting `error` ends it with that status. `close` comes once, always, last.
 */
export class BidiCall extends CallBase {
  readonly #reader: MessageReader;
  #isEnding = false;
  #needsDrain = false;

  constructor(...base: ConstructorParameters<typeof CallBase>) {
    super(...base);
    this.#reader = new MessageReader(this.host.octetsMax, (message) => {
      if (this.isOver) return;
      const decoded = this.decode(message);
      if (decoded) this.emit("data", decoded.request);
    });
    this.on("error", (error: DirectFailure) => this.fail(error));
  }

  /** Octets written that wait for the client or the network. */
  get writableLength(): number {
    return this.stream.sendQueue.octets;
  }

  onData(data: Buffer): void {
    if (this.isOver) return;
    const problem = this.#reader.read(data, false);
    if (problem) this.fail({ code: GrpcStatus.INTERNAL, details: problem });
  }

  /** A client that gives up ends its side and resets the stream in one breath: that is no end in peace. */
  onEnd(): void {
    process.nextTick(() => {
      if (!this.isOver) this.emit("end");
    });
  }

  onSent(): void {
    if (this.#isEnding) this.#finishEnding();
    else if (this.#needsDrain) {
      this.#needsDrain = false;
      this.emit("drain");
    }
  }

  override onClose(isAborted: boolean): void {
    super.onClose(isAborted);
    this.emit("close");
  }

  /** False when more should wait for `drain`. What is written after the end is dropped. */
  write(response: unknown): boolean {
    if (this.isOver || this.#isEnding) return false;
    const message = this.encode(response);
    if (message === undefined) return false;
    this.stream.respondWith(ANSWER_HEAD);
    this.#needsDrain = !this.stream.writeMessage(message);
    return !this.#needsDrain;
  }

  /** Ends it with OK once everything written has gone out. */
  end(): void {
    if (this.isOver || this.#isEnding) return;
    this.#isEnding = true;
    this.stream.respondWith(ANSWER_HEAD);
    if (this.stream.sendQueue.waiting.length === 0) this.#finishEnding();
  }

  #finishEnding(): void {
    if (this.isOver) return;
    this.finish();
    this.emit("finish");
    this.stream.endWith(OK_TRAILERS);
  }
}
