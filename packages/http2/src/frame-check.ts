import { connectionFault, ErrorCode, type Fault, streamFault } from "./error-code.ts";
import { Flag, type Frame, FrameType, readUint31 } from "./frame.ts";

/** What RFC 9113, section 6, asks of a frame by itself, whatever came before it. */
export function checkFrame(frame: Frame): Fault | undefined {
  const { type, streamId } = frame;
  const length = frame.end - frame.start;
  switch (type) {
    case FrameType.DATA:
    case FrameType.HEADERS:
      return streamId === 0 ? onWrongStream(type) : checkPadding(frame, length);
    case FrameType.CONTINUATION:
      return streamId === 0 ? onWrongStream(type) : undefined;
    case FrameType.PRIORITY:
      if (streamId === 0) return onWrongStream(type);
      return length === 5 ? undefined : streamFault(streamId, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY has 5 octets");
    case FrameType.RST_STREAM:
      return streamId === 0 ? onWrongStream(type) : checkLength(length === 4, "RST_STREAM has 4 octets");
    case FrameType.SETTINGS:
      if (streamId !== 0) return onWrongStream(type);
      return checkLength(frame.flags & Flag.ACK ? length === 0 : length % 6 === 0, "SETTINGS of a wrong length");
    case FrameType.PUSH_PROMISE:
      return connectionFault(ErrorCode.PROTOCOL_ERROR, "nobody may push here");
    case FrameType.PING:
      return streamId !== 0 ? onWrongStream(type) : checkLength(length === 8, "PING has 8 octets");
    case FrameType.GOAWAY:
      return streamId !== 0 ? onWrongStream(type) : checkLength(length >= 8, "GOAWAY has 8 octets and more");
    case FrameType.WINDOW_UPDATE:
      return checkLength(length === 4, "WINDOW_UPDATE has 4 octets") ?? checkIncrement(frame);
    default:
      return undefined;
  }
}

/** Octets of padding and of priority before the content; the content's end needs the padding taken off too. */
export function contentStart({ type, flags, start }: Frame): number {
  const isPadded = (flags & Flag.PADDED) !== 0;
  const hasPriority = type === FrameType.HEADERS && (flags & Flag.PRIORITY) !== 0;
  return start + (isPadded ? 1 : 0) + (hasPriority ? 5 : 0);
}

export function contentEnd({ flags, source, start, end }: Frame): number {
  return flags & Flag.PADDED ? end - (source[start] as number) : end;
}

function checkPadding(frame: Frame, length: number): Fault | undefined {
  if (frame.flags & Flag.PADDED && length === 0) return checkLength(false, "no room for the padding's length");
  if (contentStart(frame) <= contentEnd(frame)) return undefined;
  const isPaddingWrong = (frame.flags & Flag.PADDED) !== 0;
  return isPaddingWrong
    ? connectionFault(ErrorCode.PROTOCOL_ERROR, "more padding than frame")
    : checkLength(false, "no room for the priority");
}

function checkIncrement({ streamId, source, start }: Frame): Fault | undefined {
  if (readUint31(source, start) > 0) return undefined;
  return streamId === 0
    ? connectionFault(ErrorCode.PROTOCOL_ERROR, "a window update of nothing")
    : streamFault(streamId, ErrorCode.PROTOCOL_ERROR, "a window update of nothing");
}

function checkLength(isRight: boolean, reason: string): Fault | undefined {
  return isRight ? undefined : connectionFault(ErrorCode.FRAME_SIZE_ERROR, reason);
}

function onWrongStream(type: number): Fault {
  return connectionFault(ErrorCode.PROTOCOL_ERROR, `a frame of type ${type} on the wrong stream`);
}
