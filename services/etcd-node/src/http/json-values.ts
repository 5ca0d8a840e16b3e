/** The JSON values in a body, one after the other as they arrive, with or without blanks between them. Objects only; the caller parses. */
export async function* jsonObjects(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const splitter = new ObjectSplitter();
  const decoder = new TextDecoder();
  for await (const chunk of body) yield* splitter.take(decoder.decode(chunk, { stream: true }));
  const rest = splitter.rest.trim();
  if (rest !== "") yield rest;
}

/** Cuts a text into its outermost objects: braces count, save those in strings. */
class ObjectSplitter {
  #text = "";
  #at = 0;
  #depth = 0;
  #isInString = false;

  /** What is left behind the last whole object. */
  get rest(): string {
    return this.#text;
  }

  *take(text: string): Generator<string> {
    this.#text += text;
    while (this.#at < this.#text.length) {
      if (!this.#closes(this.#text[this.#at] as string)) continue;
      yield this.#text.slice(0, this.#at);
      this.#text = this.#text.slice(this.#at);
      this.#at = 0;
    }
  }

  /** Passes one character; true when an outermost object ends with it. */
  #closes(character: string): boolean {
    this.#at++;
    if (this.#isInString) {
      if (character === "\\") this.#at++;
      else if (character === '"') this.#isInString = false;
      return false;
    }
    if (character === '"') this.#isInString = true;
    else if (character === "{") this.#depth++;
    else if (character === "}") this.#depth--;
    return character === "}" && this.#depth === 0;
  }
}
