/** Codes of the second API's errors with their texts, as far as this server gives them. */
const MESSAGES = {
  100: "Key not found",
  101: "Compare failed",
  102: "Not a file",
  104: "Not a directory",
  105: "Key already exists",
  107: "Root is read only",
  108: "Directory not empty",
  201: "PrevValue is Required in POST form",
  202: "The given TTL in POST form is not a number",
  203: "The given index in POST form is not a number",
  209: "Invalid field",
  210: "Invalid POST form",
  211: "Value provided on refresh",
  212: "A TTL must be provided on refresh",
  300: "Raft Internal Error",
  301: "During Leader Election",
  400: "watcher is cleared due to etcd recovery",
  401: "The event in requested index is outdated and cleared",
} as const;

export type V2ErrorCode = keyof typeof MESSAGES;

const STATUS_BY_CODE: Readonly<Record<number, number>> = {
  100: 404,
  101: 412,
  102: 403,
  105: 412,
  108: 403,
  300: 500,
  301: 500,
};

/** A verdict of the second API: goes to the client as it is. */
export class V2Error extends Error {
  override readonly name = "V2Error";
  readonly code: V2ErrorCode;
  override readonly cause: string;
  /** Of the store when it said so. */
  readonly index: number;

  constructor(code: V2ErrorCode, cause: string, index: number) {
    super(MESSAGES[code]);
    this.code = code;
    this.cause = cause;
    this.index = index;
  }

  get httpStatus(): number {
    return STATUS_BY_CODE[this.code] ?? 400;
  }

  toJson(): string {
    const { code, message, cause, index } = this;
    return JSON.stringify({ errorCode: code, message, cause, index });
  }
}
