/** How much of us one connection may have. */
export interface Limits {
  /** Streams open at once; a stream beyond is refused. */
  readonly concurrentStreamsMax: number;
  /** Of one decoded header list, as RFC 9113 counts it (section 6.5.2); a request beyond is answered with 431. */
  readonly headerListSizeMax: number;
  /** Of one header block as it comes, over all its frames. */
  readonly headerBlockOctetsMax: number;
  /** Frames of one header block. */
  readonly headerFramesMax: number;
  /** The decoder's dynamic table. */
  readonly headerTableSize: number;
  /** What a stream may send before somebody reads it. */
  readonly streamWindow: number;
  /** What all streams of a connection may send before somebody reads it. */
  readonly connectionWindow: number;
  /** Streams that are reset, or must be: so many at once, and so many a second after. */
  readonly resets: RateLimit;
  /** Frames that ask for work and carry nothing: PING, SETTINGS, PRIORITY, empty DATA, what is unknown. */
  readonly idleFrames: RateLimit;
  /** From the connection to its SETTINGS, and from the first frame of a header block to its last. */
  readonly handshakeTimeoutMs: number;
  /** For the acknowledgement of our settings. */
  readonly settingsTimeoutMs: number;
  /** Silence after which the peer is asked for a sign of life; 0 means never. */
  readonly keepAliveMs: number;
  /** How long such a sign, and what is sent to a peer that closes, may take. */
  readonly keepAliveTimeoutMs: number;
  /** Whether a client asks for signs of life while it has no request open. */
  readonly keepsIdleAlive: boolean;
}

export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export const DEFAULT_LIMITS: Limits = {
  concurrentStreamsMax: 16_384,
  headerListSizeMax: 65_536,
  headerBlockOctetsMax: 65_536,
  headerFramesMax: 32,
  headerTableSize: 4096,
  streamWindow: 1 << 20,
  connectionWindow: 1 << 24,
  resets: { burst: 2000, perSecond: 500 },
  idleFrames: { burst: 10_000, perSecond: 10_000 },
  handshakeTimeoutMs: 10_000,
  settingsTimeoutMs: 30_000,
  keepAliveMs: 60_000,
  keepAliveTimeoutMs: 20_000,
  keepsIdleAlive: false,
};

/** A bucket that `burst` takes empty and time fills again. */
export class RateLimiter {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAtMs: number;

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#filledAtMs = nowMs;
  }

  /** False when there is none left. `now` is asked only when the bucket seems empty. */
  take(now: () => number): boolean {
    if (this.#tokens < 1) this.#fill(now());
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #fill(nowMs: number): void {
    const { burst, perSecond } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + (perSecond * (nowMs - this.#filledAtMs)) / 1000);
    this.#filledAtMs = nowMs;
  }
}
