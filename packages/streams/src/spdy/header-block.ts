import { constants, inflateRawSync } from "node:zlib";

/** Names are lower case; one value a name. */
export type SpdyHeaders = Readonly<Record<string, string>>;

const WINDOW_BYTES = 32 * 1024;
const STORED_BLOCK_BYTES_MAX = 0xffff;
/** Far more than any client of a stream protocol sends; what inflates to more is an attack. */
const BLOCK_BYTES_MAX = 64 * 1024;
const HEADERS_MAX = 1000;
/** An empty stored block: readers hand out what they have when they meet one. */
const FLUSH = Buffer.of(0, 0, 0, 0xff, 0xff);

const dictionaryWords =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow " +
  "authorization cache-control connection content-base content-encoding content-language content-length " +
  "content-location content-md5 content-range content-type date etag expect expires from host if-match " +
  "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma " +
  "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade " +
  "user-agent vary via warning www-authenticate method get status";
const dictionaryPhrases = ["200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin"];
const dictionaryTail =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505" +
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden" +
  "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable" +
  "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript," +
  "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** What both ends know before the first header (SPDY/3, 2.6.10.1): 1423 bytes whose Adler-32 is e3c6a7c2. */
export const spdyDictionary: Buffer = Buffer.concat([
  ...[...dictionaryWords.split(" "), ...dictionaryPhrases].map(lengthPrefixed),
  Buffer.from(dictionaryTail),
]);

/** Reads the header blocks of one connection in their order: all of them are one zlib stream. Throws on malformed ones. */
export class HeaderReader {
  /** The last bytes that came out; the next block may refer to them. */
  #window: Buffer = spdyDictionary;
  #isFirst = true;

  read(block: Buffer): SpdyHeaders {
    const compressed = this.#isFirst ? block.subarray(zlibHeaderBytes(block)) : block;
    this.#isFirst = false;
    // Each block ends flushed to a byte, so that with the window it can be inflated on its own.
    const plain = inflateRawSync(compressed, {
      dictionary: this.#window,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: BLOCK_BYTES_MAX,
    });
    this.#window = Buffer.concat([this.#window, plain]).subarray(-WINDOW_BYTES);
    return parseHeaders(plain);
  }
}

/** Two bytes, and four of the dictionary's checksum if it is used. */
function zlibHeaderBytes(block: Buffer): number {
  if (block.length < 2 || (block[0] as number) !== 0x78) throw new Error("a header block does not begin as zlib does");
  return ((block[1] as number) & 0x20) === 0 ? 2 : 6;
}

/** Writes header blocks as stored (uncompressed) deflate blocks: a server's headers are a few bytes. */
export class HeaderWriter {
  #isFirst = true;

  write(headers: SpdyHeaders): Buffer {
    const entries = Object.entries(headers);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(entries.length);
    const plain = Buffer.concat([count, ...entries.flat().map(lengthPrefixed)]);
    if (plain.length > STORED_BLOCK_BYTES_MAX) throw new Error(`${plain.length} bytes of headers are too many`);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(plain.length, 1);
    head.writeUInt16LE(~plain.length & 0xffff, 3);
    const start = this.#isFirst ? Buffer.of(0x78, 0x01) : Buffer.alloc(0);
    this.#isFirst = false;
    return Buffer.concat([start, head, plain, FLUSH]);
  }
}

function parseHeaders(plain: Buffer): SpdyHeaders {
  let offset = 0;
  const number = () => {
    if (offset + 4 > plain.length) throw new Error("a header block ends too early");
    offset += 4;
    return plain.readUInt32BE(offset - 4);
  };
  const text = () => {
    const length = number();
    if (offset + length > plain.length) throw new Error("a header block ends too early");
    offset += length;
    return plain.toString("utf8", offset - length, offset);
  };
  const count = number();
  if (count > HEADERS_MAX) throw new Error(`${count} headers are too many`);
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < count; i++) {
    const name = text().toLowerCase();
    // Several values of one name are separated by NUL; the stream protocols use one.
    headers[name] = text().split("\0")[0] as string;
  }
  return headers;
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
