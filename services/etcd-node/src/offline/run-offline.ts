import { runCommand } from "./commands.ts";

/** The whole of the offline tool's `main`: the output on success; the reason, and status 1, otherwise. */
export async function runOffline(argv: readonly string[]): Promise<void> {
  try {
    const output = await runCommand(argv);
    if (output !== "") console.log(output);
  } catch (error) {
    console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
