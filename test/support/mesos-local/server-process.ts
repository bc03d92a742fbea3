/** The embedded Mesos as a process of its own, so that it can die without a word. */
import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const MAIN = fileURLToPath(new URL("server-main.ts", import.meta.url));
/** Below node_modules, so that the packages are found from there. */
const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/", import.meta.url));

export class ServerProgram {
  private constructor(private readonly program: string) {}

  static async build(): Promise<ServerProgram> {
    const outfile = `${CACHE}mesos-local-server-${process.pid}.mjs`;
    await build({
      entryPoints: [MAIN],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "error",
    });
    return new ServerProgram(outfile);
  }

  async start(stateDir: string): Promise<ServerProcess> {
    const child = spawn(process.execPath, [this.program, stateDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const url = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      child.once("exit", (code) => reject(new Error(`the server exited with ${code}`)));
    });
    return new ServerProcess(url, child);
  }

  remove(): Promise<void> {
    return rm(this.program, { force: true });
  }
}

export class ServerProcess {
  constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await gone;
  }
}
