import type { Http2Connection, StreamListener } from "./connection.ts";
import { connectionFault, ErrorCode, type Fault, streamFault } from "./error-code.ts";
import { Flag, type Frame, FrameType, readUint31, readUint32 } from "./frame.ts";
import { checkFrame, contentEnd, contentStart } from "./frame-check.ts";
import { type HeaderBlock, HeaderCollector } from "./header-blocks.ts";
import { RateLimiter } from "./limits.ts";
import { Requests } from "./requests.ts";
import { readSettings } from "./settings.ts";

/** Settings may cost as much as all streams together. */
const SETTINGS_RATE = { burst: 100, perSecond: 10 };

/** Judges each frame by the state of its connection and stream (RFC 9113, sections 5 and 6) and does what it asks. */
export class Inbound {
  readonly requests: Requests;
  readonly #connection: Http2Connection;
  readonly #collector: HeaderCollector;
  readonly #resets: RateLimiter;
  readonly #idleFrames: RateLimiter;
  readonly #settingsFrames: RateLimiter;
  #hasSettings = false;
  #areOursAcknowledged = false;

  constructor(connection: Http2Connection, onStream: StreamListener) {
    const now = Date.now();
    this.#connection = connection;
    this.requests = new Requests(connection, onStream);
    this.#collector = new HeaderCollector(connection.limits);
    this.#resets = new RateLimiter(connection.limits.resets, now);
    this.#idleFrames = new RateLimiter(connection.limits.idleFrames, now);
    this.#settingsFrames = new RateLimiter(SETTINGS_RATE, now);
  }

  /** What costs the connection is returned; what costs a stream has been dealt with. */
  onFrame(frame: Frame): Fault | undefined {
    const fault = this.#checkOrder(frame) ?? checkFrame(frame) ?? this.#handle(frame);
    return fault?.costs === "stream" ? this.#resetStream(fault) : fault;
  }

  /** What has not come in time. */
  findLate(nowMs: number, openedAtMs: number): Fault | undefined {
    const { handshakeTimeoutMs, settingsTimeoutMs } = this.#connection.limits;
    const openMs = nowMs - openedAtMs;
    if (!this.#hasSettings && openMs > handshakeTimeoutMs)
      return connectionFault(ErrorCode.SETTINGS_TIMEOUT, "no settings came");
    if (!this.#areOursAcknowledged && openMs > settingsTimeoutMs)
      return connectionFault(ErrorCode.SETTINGS_TIMEOUT, "our settings were not acknowledged");
    if (this.#collector.isOpen && nowMs - this.#collector.beganAtMs > handshakeTimeoutMs)
      return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "a header block without end");
    return undefined;
  }

  #checkOrder({ type, flags, streamId }: Frame): Fault | undefined {
    if (!this.#hasSettings && (type !== FrameType.SETTINGS || flags & Flag.ACK))
      return connectionFault(ErrorCode.PROTOCOL_ERROR, "settings come first");
    if (!this.#collector.isOpen)
      return type === FrameType.CONTINUATION
        ? connectionFault(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of nothing")
        : undefined;
    return type === FrameType.CONTINUATION && streamId === this.#collector.streamId
      ? undefined
      : connectionFault(ErrorCode.PROTOCOL_ERROR, "a header block is interrupted");
  }

  #handle(frame: Frame): Fault | undefined {
    switch (frame.type) {
      case FrameType.DATA:
        return this.#onData(frame);
      case FrameType.HEADERS:
        return this.#onBlock(this.#collector.begin(frame, contentStart(frame), contentEnd(frame)));
      case FrameType.CONTINUATION:
        return this.#onBlock(this.#collector.continue(frame));
      case FrameType.RST_STREAM:
        return this.#onReset(frame);
      case FrameType.SETTINGS:
        return this.#onSettings(frame);
      case FrameType.PING:
        return this.#onPing(frame);
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate(frame);
      case FrameType.GOAWAY:
        return undefined;
      default:
        return this.#countIdle();
    }
  }

  #onBlock(block: HeaderBlock | Fault | undefined): Fault | undefined {
    if (!block || "costs" in block) return block;
    return this.requests.onBlock(block);
  }

  #onData(frame: Frame): Fault | undefined {
    const { requests } = this;
    const connection = this.#connection;
    const octets = frame.end - frame.start;
    if (!connection.receiveWindow.take(octets))
      return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the connection's window");
    const stream = connection.streams.get(frame.streamId);
    const fault = stream ? requests.checkData(stream, octets) : requests.faultOfMissing(frame.streamId);
    if (!stream || fault) {
      connection.giveBack(octets, undefined);
      return fault;
    }
    const start = contentStart(frame);
    const end = contentEnd(frame);
    const endsStream = (frame.flags & Flag.END_STREAM) !== 0;
    if (octets > end - start) connection.giveBack(octets - (end - start), stream);
    return (
      requests.onContent(stream, frame.source.subarray(start, end), endsStream) ?? this.#countEmpty(octets, endsStream)
    );
  }

  #countEmpty(octets: number, endsStream: boolean): Fault | undefined {
    return octets > 0 || endsStream ? undefined : this.#countIdle();
  }

  #onReset({ streamId, source, start }: Frame): Fault | undefined {
    const stream = this.#connection.streams.get(streamId);
    if (!stream)
      return this.requests.isIdle(streamId)
        ? connectionFault(ErrorCode.PROTOCOL_ERROR, "RST_STREAM of a stream that never was")
        : this.#countIdle();
    if (!this.#resets.take(Date.now)) return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many streams are reset");
    stream.receiveReset(readUint32(source, start), "reset-by-peer");
    return undefined;
  }

  #onSettings({ flags, source, start, end }: Frame): Fault | undefined {
    if (flags & Flag.ACK) {
      this.#areOursAcknowledged = true;
      return undefined;
    }
    if (!this.#settingsFrames.take(Date.now)) return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many settings");
    this.#hasSettings = true;
    const { peer } = this.#connection;
    const windowBefore = peer.initialWindow;
    const fault = readSettings(peer, source, start, end);
    if (fault) return fault;
    return this.#connection.onPeerSettings(peer.initialWindow - windowBefore)
      ? undefined
      : connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "an initial window that makes a stream's overflow");
  }

  #onPing({ flags, source, start, end }: Frame): Fault | undefined {
    const payload = source.subarray(start, end);
    if (flags & Flag.ACK) this.#connection.pings.onAnswer(payload);
    else this.#connection.writer.answerPing(payload);
    return this.#countIdle();
  }

  #onWindowUpdate({ streamId, source, start }: Frame): Fault | undefined {
    const octets = readUint31(source, start);
    const { flow, streams } = this.#connection;
    if (streamId === 0)
      return flow.widen(octets)
        ? undefined
        : connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "a connection window above 2^31-1");
    const stream = streams.get(streamId);
    if (stream)
      return flow.widenStream(stream.sendQueue, octets)
        ? undefined
        : streamFault(streamId, ErrorCode.FLOW_CONTROL_ERROR, "a stream window above 2^31-1");
    return this.requests.isIdle(streamId)
      ? connectionFault(ErrorCode.PROTOCOL_ERROR, "a window of a stream that never was")
      : undefined;
  }

  #countIdle(): Fault | undefined {
    return this.#idleFrames.take(Date.now)
      ? undefined
      : connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry nothing");
  }

  /** A stream that never was cannot be reset: then it costs the connection. Resetting is work too, and counted. */
  #resetStream({ streamId, code, reason }: Extract<Fault, { costs: "stream" }>): Fault | undefined {
    if (this.requests.isIdle(streamId)) return connectionFault(code, reason);
    if (!this.#resets.take(Date.now)) return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `too many faults: ${reason}`);
    this.#connection.writer.reset(streamId, code);
    this.requests.onFault(streamId, code);
    return undefined;
  }
}
