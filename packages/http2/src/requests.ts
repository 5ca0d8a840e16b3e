import { ClosedStreams } from "./closed-streams.ts";
import type { Http2Connection, Http2Stream, StreamListener } from "./connection.ts";
import { connectionFault, ErrorCode, type Fault, streamFault } from "./error-code.ts";
import { STREAM_ID_LIMIT } from "./frame.ts";
import { type HeaderBlock, RequestHeadCache } from "./header-blocks.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { problemOfTrailers, type RequestHead } from "./request-head.ts";
import { ServerStream } from "./stream.ts";

/** The requests of one connection: which streams have been, what opens one, and what may come on it. */
export class Requests {
  readonly closed = new ClosedStreams();
  /** The highest stream that the client has opened. */
  lastStreamId = 0;
  /** Streams above this are ignored: a GOAWAY has said so. */
  servedUpTo = STREAM_ID_LIMIT;
  readonly #connection: Http2Connection;
  readonly #onStream: StreamListener;
  readonly #decoder: HpackDecoder;
  readonly #heads: RequestHeadCache;

  constructor(connection: Http2Connection, onStream: StreamListener) {
    const { headerTableSize, headerListSizeMax } = connection.limits;
    this.#connection = connection;
    this.#onStream = onStream;
    this.#decoder = new HpackDecoder(headerTableSize, headerListSizeMax);
    this.#heads = new RequestHeadCache(this.#decoder);
  }

  isIdle(streamId: number): boolean {
    return streamId > this.lastStreamId;
  }

  onBlock(block: HeaderBlock): Fault | undefined {
    const stream = this.#connection.streams.get(block.streamId);
    if (stream) return this.#onTrailers(stream, block);
    return this.isIdle(block.streamId) ? this.#onRequest(block) : this.#onStrayBlock(block);
  }

  /** Whether DATA may come on this stream. */
  checkData(stream: Http2Stream, octets: number): Fault | undefined {
    if (stream.hasRemoteEnded) return streamFault(stream.id, ErrorCode.STREAM_CLOSED, "DATA after the end");
    return stream.receiveWindow.take(octets)
      ? undefined
      : streamFault(stream.id, ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the stream's window");
  }

  onContent(stream: Http2Stream, content: Buffer, endsStream: boolean): Fault | undefined {
    if (!stream.receiveData(content)) {
      this.#connection.giveBack(content.length, undefined);
      return streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, "a body longer than its content-length");
    }
    return endsStream ? this.#onEnd(stream) : undefined;
  }

  /** What is wrong with DATA for a stream that is not there. */
  faultOfMissing(streamId: number): Fault | undefined {
    if (this.isIdle(streamId)) return connectionFault(ErrorCode.PROTOCOL_ERROR, "DATA for a stream that never was");
    if (this.closed.get(streamId) === "reset-by-us") return undefined;
    return streamFault(streamId, ErrorCode.STREAM_CLOSED, "DATA for a closed stream");
  }

  onFault(streamId: number, code: number): void {
    const stream = this.#connection.streams.get(streamId);
    if (stream) stream.receiveReset(code, "reset-by-us");
    else this.closed.add(streamId, "reset-by-us");
  }

  #onRequest(block: HeaderBlock): Fault | undefined {
    const { streamId } = block;
    if (streamId % 2 === 0) return connectionFault(ErrorCode.PROTOCOL_ERROR, "clients open odd streams");
    this.lastStreamId = streamId;
    const head = this.#heads.read(block.source, block.start, block.end);
    if (head.is === "broken") return connectionFault(ErrorCode.COMPRESSION_ERROR, head.reason);
    if (streamId > this.servedUpTo) this.closed.add(streamId, "reset-by-us");
    else if (head.is === "too-large") this.#refuse(block, 431);
    else if (head.is === "malformed") return streamFault(streamId, ErrorCode.PROTOCOL_ERROR, head.reason);
    else if (this.#connection.streams.size >= this.#connection.limits.concurrentStreamsMax)
      return streamFault(streamId, ErrorCode.REFUSED_STREAM, "too many streams");
    else if (head.headers[":method"] === "CONNECT") this.#refuse(block, 405);
    else return this.#open(block, head);
    return undefined;
  }

  #open({ streamId, endsStream }: HeaderBlock, head: Extract<RequestHead, { is: "request" }>): Fault | undefined {
    const connection = this.#connection;
    const windows = { send: connection.peer.initialWindow, receive: connection.limits.streamWindow };
    const stream: Http2Stream = new ServerStream(streamId, connection, connection, windows, head.contentLength);
    connection.streams.add(stream);
    const fault = endsStream ? this.#onEnd(stream) : undefined;
    if (!fault) this.#onStream(stream, head.headers);
    return fault;
  }

  #refuse({ streamId, endsStream }: HeaderBlock, status: number): void {
    this.#connection.sendHeaders({ id: streamId }, { ":status": status }, true);
    if (!endsStream) this.#connection.writer.reset(streamId, ErrorCode.NO_ERROR);
    this.closed.add(streamId, endsStream ? "ended" : "reset-by-us");
  }

  #onTrailers(stream: Http2Stream, block: HeaderBlock): Fault | undefined {
    const decoded = this.#decoder.decode(block.source, block.start, block.end);
    if (decoded.is === "broken") return connectionFault(ErrorCode.COMPRESSION_ERROR, decoded.reason);
    if (stream.hasRemoteEnded) return streamFault(stream.id, ErrorCode.STREAM_CLOSED, "HEADERS after the end");
    if (!block.endsStream)
      return streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, "trailers that do not end the stream");
    const problem = decoded.is === "fields" ? problemOfTrailers(decoded.fields) : "trailers too large";
    return problem ? streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, problem) : this.#onEnd(stream);
  }

  #onEnd(stream: Http2Stream): Fault | undefined {
    return stream.closed || stream.receiveEnd()
      ? undefined
      : streamFault(stream.id, ErrorCode.PROTOCOL_ERROR, "a body shorter than its content-length");
  }

  /** HEADERS of a stream that is over, or was passed over. They are decoded all the same: the table depends on it. */
  #onStrayBlock({ streamId, source, start, end }: HeaderBlock): Fault | undefined {
    const decoded = this.#decoder.decode(source, start, end);
    if (decoded.is === "broken") return connectionFault(ErrorCode.COMPRESSION_ERROR, decoded.reason);
    const closing = this.closed.get(streamId);
    if (closing === "reset-by-us") return undefined;
    if (closing === "ended") return connectionFault(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream");
    if (closing === "reset-by-peer") return streamFault(streamId, ErrorCode.STREAM_CLOSED, "HEADERS on a reset stream");
    return connectionFault(ErrorCode.PROTOCOL_ERROR, "a stream that was passed over");
  }
}
