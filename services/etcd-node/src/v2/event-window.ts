import { V2Error } from "./errors.ts";
import { concerns, type StoredEvent } from "./event.ts";

/** Events kept for those who ask what they have missed (upstream's number). */
export const WINDOW_EVENTS = 1000;

/** The latest events, one for each index. */
export class EventWindow {
  readonly #events: StoredEvent[];
  /** The first index that can still be told of. */
  #firstIndex: number;

  /** `events` as they were kept, the oldest first, up to `currentIndex`. */
  constructor(events: readonly StoredEvent[], currentIndex: number) {
    this.#events = [...events];
    this.#firstIndex = events[0]?.index ?? currentIndex + 1;
  }

  add(event: StoredEvent): void {
    this.#events.push(event);
    if (this.#events.length <= WINDOW_EVENTS) return;
    this.#events.shift();
    this.#firstIndex = (this.#events[0] as StoredEvent).index;
  }

  /** The first event from `sinceIndex` on that concerns the path. Throws V2Error when it may be forgotten already. */
  find(path: string, isRecursive: boolean, sinceIndex: number, currentIndex: number): StoredEvent | undefined {
    if (sinceIndex < this.#firstIndex) {
      const cause = `the requested history has been cleared [${this.#firstIndex}/${sinceIndex}]`;
      throw new V2Error(401, cause, currentIndex);
    }
    return this.#events.find(
      ({ index, event, isRefresh }) => index >= sinceIndex && !isRefresh && concerns(event, path, isRecursive),
    );
  }
}
