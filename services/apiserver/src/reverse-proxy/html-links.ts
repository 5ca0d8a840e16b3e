import { Transform, type TransformCallback } from "node:stream";

/** The attributes that hold URLs: HTML 4.01's index of attributes and HTML 5's. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

/** Between their tags is text, whatever it looks like. */
const RAW: ReadonlySet<string> = new Set(
  "iframe noembed noframes noscript plaintext script style textarea title xmp".split(" "),
);
/** A tag that is not over by then is text. */
const TAG_LENGTH_MAX = 1024 * 1024;

const TAG = /^<([A-Za-z][^\s/>]{0,31})(?:[^>"']|"[^"]*"|'[^']*')*>/;
const ATTRIBUTE = /(?<=[\s/"'])([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g;

/** HTML with its links changed, as it comes. Bytes that are no links stay as they are. */
export class HtmlLinks extends Transform {
  readonly #change: (link: string) => string;
  /** What may be the beginning of a tag. One character a byte: only ASCII is looked at. */
  #rest = "";
  /** The element whose text is being passed over. */
  #rawElement = "";

  constructor(change: (link: string) => string) {
    super();
    this.#change = change;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#rest += chunk.toString("latin1");
    this.#write(this.#take());
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#write(this.#rest);
    done();
  }

  #write(text: string): void {
    if (text !== "") this.push(Buffer.from(text, "latin1"));
  }

  #take(): string {
    let taken = "";
    for (;;) {
      const isText = this.#rawElement !== "";
      const part = this.#next();
      if (part === 0) return taken;
      const text = this.#rest.slice(0, part);
      this.#rest = this.#rest.slice(part);
      taken += isText || !text.startsWith("<") ? text : this.#tag(text);
    }
  }

  /** How much of the rest is one piece: text up to a tag, a tag, a comment. 0 for what is not whole yet. */
  #next(): number {
    const rest = this.#rest;
    if (this.#rawElement !== "") return this.#rawLength();
    const start = rest.indexOf("<");
    if (start !== 0) return start < 0 ? rest.length : start;
    if (rest.length < 4) return 0;
    if (rest.startsWith("<!--")) return endOf(rest, "-->", 4);
    if (/^<[!?/]/.test(rest)) return endOf(rest, ">", 2);
    if (!/^<[A-Za-z]/.test(rest)) return 1;
    const tag = TAG.exec(rest);
    if (tag) return tag[0].length;
    return rest.length > TAG_LENGTH_MAX ? 1 : 0;
  }

  #rawLength(): number {
    const end = `</${this.#rawElement}`;
    const at = this.#rest.toLowerCase().indexOf(end);
    if (at < 0) return Math.max(0, this.#rest.length - end.length);
    this.#rawElement = "";
    return at > 0 ? at : endOf(this.#rest, ">", end.length);
  }

  #tag(text: string): string {
    const element = TAG.exec(text)?.[1]?.toLowerCase() ?? "";
    if (RAW.has(element)) this.#rawElement = element;
    const names = LINKS[element];
    if (!names) return text;
    const head = element.length + 1;
    const attributes = text.slice(head).replaceAll(ATTRIBUTE, (whole, name: string, equals: string, value: string) => {
      if (!names.includes(name.toLowerCase())) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? "";
      const link = quote === "" ? value : value.slice(1, -1);
      return `${name}${equals}${quote}${this.#change(link)}${quote}`;
    });
    return text.slice(0, head) + attributes;
  }
}

function endOf(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  return at < 0 ? 0 : at + end.length;
}
