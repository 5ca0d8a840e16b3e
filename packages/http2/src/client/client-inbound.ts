import { connectionFault, ErrorCode, type Fault, streamFault } from "../error-code.ts";
import { Flag, type Frame, FrameType, readUint31, readUint32 } from "../frame.ts";
import { checkFrame, contentEnd, contentStart } from "../frame-check.ts";
import { type HeaderBlock, HeaderCollector } from "../header-blocks.ts";
import { RateLimiter } from "../limits.ts";
import { readSettings } from "../settings.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientStream } from "./client-stream.ts";
import { Responses } from "./responses.ts";

/** Judges each frame a server sends (RFC 9113, sections 5 and 6) and does what it asks. */
export class ClientInbound {
  readonly #connection: ClientConnection;
  readonly #collector: HeaderCollector;
  readonly #responses: Responses;
  readonly #idleFrames: RateLimiter;
  #hasSettings = false;

  constructor(connection: ClientConnection) {
    this.#connection = connection;
    this.#collector = new HeaderCollector(connection.limits);
    this.#responses = new Responses(connection.limits);
    this.#idleFrames = new RateLimiter(connection.limits.idleFrames, Date.now());
  }

  /** What costs the connection is returned; what costs a stream has been dealt with. */
  onFrame(frame: Frame): Fault | undefined {
    const fault = this.#checkOrder(frame) ?? checkFrame(frame) ?? this.#handle(frame);
    return fault?.costs === "stream" ? this.#resetStream(fault) : fault;
  }

  #checkOrder({ type, flags, streamId }: Frame): Fault | undefined {
    if (!this.#hasSettings && (type !== FrameType.SETTINGS || flags & Flag.ACK))
      return connectionFault(ErrorCode.PROTOCOL_ERROR, "settings come first");
    const isContinued = type === FrameType.CONTINUATION && this.#collector.streamId === streamId;
    if (this.#collector.isOpen !== (type === FrameType.CONTINUATION) || (this.#collector.isOpen && !isContinued))
      return connectionFault(ErrorCode.PROTOCOL_ERROR, "a header block is interrupted, or continues nothing");
    if (streamId !== 0 && (streamId % 2 === 0 || this.#connection.isIdle(streamId)) && type !== FrameType.PRIORITY)
      return connectionFault(ErrorCode.PROTOCOL_ERROR, "a frame for a stream that never was");
    return undefined;
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
        this.#onGoaway(frame);
        return undefined;
      default:
        return this.#countIdle();
    }
  }

  #onBlock(block: HeaderBlock | Fault | undefined): Fault | undefined {
    if (!block || "costs" in block) return block;
    return this.#responses.onBlock(this.#connection.streams.get(block.streamId), block);
  }

  /** DATA of a stream that is over was under way when it ended; it has taken of the connection's window all the same. */
  #onData(frame: Frame): Fault | undefined {
    const connection = this.#connection;
    const octets = frame.end - frame.start;
    if (!connection.receiveWindow.take(octets))
      return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the connection's window");
    const stream = connection.streams.get(frame.streamId);
    const fault = stream && checkData(stream, octets);
    if (!stream || fault) {
      connection.giveBack(octets, undefined);
      return fault ?? this.#countIdle();
    }
    const start = contentStart(frame);
    const end = contentEnd(frame);
    if (octets > end - start) connection.giveBack(octets - (end - start), stream);
    stream.receiveData(frame.source.subarray(start, end));
    if (frame.flags & Flag.END_STREAM) stream.receiveEnd(undefined);
    else if (end === start) return this.#countIdle();
    return undefined;
  }

  #onReset({ streamId, source, start }: Frame): Fault | undefined {
    const stream = this.#connection.streams.get(streamId);
    if (!stream) return this.#countIdle();
    const code = readUint32(source, start);
    if (code === ErrorCode.REFUSED_STREAM)
      stream.finish({ is: "unprocessed", reason: "the server refused the stream" });
    else stream.finish({ is: "reset", code, by: "peer", reason: "the server reset the stream" });
    return undefined;
  }

  #onSettings({ flags, source, start, end }: Frame): Fault | undefined {
    if (flags & Flag.ACK) return this.#countIdle();
    const isFirst = !this.#hasSettings;
    this.#hasSettings = true;
    const { peer } = this.#connection;
    const windowBefore = peer.initialWindow;
    const fault = readSettings(peer, source, start, end);
    if (fault) return fault;
    return this.#connection.onPeerSettings(peer.initialWindow - windowBefore, isFirst)
      ? this.#countIdle()
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
    const queue = streams.get(streamId)?.sendQueue;
    if (!queue || flow.widenStream(queue, octets)) return undefined;
    return streamFault(streamId, ErrorCode.FLOW_CONTROL_ERROR, "a stream window above 2^31-1");
  }

  #onGoaway({ source, start, end }: Frame): void {
    const text = source.toString("latin1", start + 8, Math.min(end, start + 200));
    this.#connection.onGoaway(readUint31(source, start), readUint32(source, start + 4), text);
  }

  #countIdle(): Fault | undefined {
    return this.#idleFrames.take(Date.now)
      ? undefined
      : connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that carry nothing");
  }

  #resetStream({ streamId, code, reason }: Extract<Fault, { costs: "stream" }>): Fault | undefined {
    this.#connection.streams.get(streamId)?.cancel(code, reason);
    return this.#countIdle();
  }
}

function checkData(stream: ClientStream, octets: number): Fault | undefined {
  if (!stream.hasHead) return streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, "DATA before the head of the answer");
  return stream.receiveWindow.take(octets)
    ? undefined
    : streamFault(stream.id, ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the stream's window");
}
