/** Where in an object a value stands; `toString` gives upstream's form: `spec.containers[0].name`, `data[key]`. */
export class FieldPath {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static of(name: string, ...more: string[]): FieldPath {
    return new FieldPath([name, ...more].join("."));
  }

  /** The object itself: upstream prints it as a path of one nameless element. */
  static readonly root: FieldPath = new FieldPath("");

  child(name: string, ...more: string[]): FieldPath {
    const tail = [name, ...more].join(".");
    return new FieldPath(this.#text === "" ? tail : `${this.#text}.${tail}`);
  }

  index(index: number): FieldPath {
    return new FieldPath(`${this.#text}[${index}]`);
  }

  key(key: string): FieldPath {
    return new FieldPath(`${this.#text}[${key}]`);
  }

  toString(): string {
    return this.#text === "" ? "[]" : this.#text;
  }
}
