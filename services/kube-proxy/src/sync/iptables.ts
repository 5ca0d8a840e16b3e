import { spawn } from "node:child_process";

/** The commands of one iptables back end. */
export interface Iptables {
  /** One transaction for all tables in the text; existing chains not named in it stay. */
  restore(text: string): Promise<void>;
  /** Names of all chains of a table. */
  chains(table: string): Promise<string[]>;
  /** Puts a jump into a built-in chain, once. */
  ensureJump(table: string, chain: string, place: "first" | "last", rule: readonly string[]): Promise<void>;
  ensureChain(table: string, chain: string): Promise<void>;
  /** Forgets UDP connections to a Service address, so that clients which keep sending find a new backend. */
  clearUdp(address: string, port: number): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/**
 * Uses the back end (nft or legacy) in which Docker has put its own rules for this namespace: with rules in both, legacy ones are
 * evaluated first and would win.
 */
export async function detectIptables(): Promise<Iptables> {
  const legacy = await run("iptables-legacy-save", ["-t", "nat"]).catch(() => "");
  const isLegacy = legacy.includes("DOCKER_OUTPUT");
  return createIptables(isLegacy ? "iptables-legacy" : "iptables");
}

function createIptables(program: string): Iptables {
  return {
    restore: async (text) => {
      await run(`${program}-restore`, ["-w", "5", "--noflush"], text);
    },
    chains: async (table) => {
      const saved = await run(`${program}-save`, ["-t", table]);
      return [...saved.matchAll(/^:(\S+)/gm)].map((match) => match[1] as string);
    },
    ensureChain: async (table, chain) => {
      await run(program, ["-w", "5", "-t", table, "-N", chain]).catch(() => {});
    },
    ensureJump: async (table, chain, place, rule) => {
      const isThere = await run(program, ["-w", "5", "-t", table, "-C", chain, ...rule]).then(
        () => true,
        // Only that says that there is no such rule: who could not get the lock does not know, and would add a second one.
        (error: unknown) => {
          if (error instanceof CommandError && error.exitCode === 1) return false;
          throw error;
        },
      );
      if (!isThere) await run(program, ["-w", "5", "-t", table, place === "first" ? "-I" : "-A", chain, ...rule]);
    },
    clearUdp: async (address, port) => {
      // conntrack fails when there was nothing to delete.
      await run("conntrack", ["-D", "-p", "udp", "--orig-dst", address, "--orig-port-dst", String(port)]).catch(
        () => {},
      );
    },
  };
}

class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.exitCode = exitCode;
  }
}

function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: TIMEOUT_MS });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdin.on("error", () => {});
    child.once("error", (error) => reject(new Error(`${program}: ${error.message}`, { cause: error })));
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new CommandError(`${program} ${args.join(" ")}: exit code ${code}: ${stderr.trim()}`, code));
    });
    child.stdin.end(input);
  });
}
