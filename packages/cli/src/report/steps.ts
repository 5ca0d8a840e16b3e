/** Tells a person what is being done, one line a step, with the time it took. */
export interface Steps {
  /** Runs `work`; what it returns as text is shown behind the step. Errors are shown and passed on. */
  step<T>(title: string, work: (progress: (text: string) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
}

/** A step that failed in a way a person can do something about: the message says what. */
export class UserError extends Error {
  override readonly name = "UserError";
}

export function createSteps(output: NodeJS.WriteStream = process.stdout): Steps {
  const isLive = output.isTTY && !process.env["CI"];
  const write = (mark: string, title: string, detail: string) =>
    output.write(`${isLive ? "\r\u001b[K" : ""}${mark} ${title}${detail}\n`);
  return {
    note: (text) => {
      output.write(`${text}\n`);
    },
    async step(title, work) {
      const startedMs = Date.now();
      let last = "";
      const show = (text: string) => {
        last = text;
        if (isLive) output.write(`\r\u001b[K… ${title}${text ? `: ${text}` : ""}`);
      };
      show("");
      const heartbeat = isLive
        ? undefined
        : setInterval(() => output.write(`… ${title}${last ? `: ${last}` : ""}\n`), 15_000);
      try {
        const result = await work(show);
        const detail = typeof result === "string" && result ? ` — ${result}` : "";
        write("✓", title, `${detail} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
        return result;
      } catch (error) {
        write("✗", title, "");
        throw error;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}
