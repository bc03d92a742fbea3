/** `systemd-unit`: a unit file that runs the controller. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { systemdUnit } from "../render/systemd-unit.ts";
import { controllerCommand } from "./controller.ts";
import type { CliContext } from "../context.ts";

const PROGRAM = fileURLToPath(new URL("../../main.js", import.meta.url));

interface UnitOptions {
  readonly spec: string;
  readonly stateDir?: string;
  readonly user?: boolean;
}

export function systemdUnitCommand(context: CliContext): Command {
  return new Command("systemd-unit")
    .summary("a systemd unit that runs the controller")
    .description(
      "Print a systemd unit that runs `controller` and starts it again when it ends. What comes after " +
        "-- goes to the controller, and is checked now.",
    )
    .requiredOption("--spec <path>", "spec file, or directory of spec files, to watch")
    .option("--state-dir <dir>", "left out: /var/lib/jupyter-cluster, or with --user the usual one")
    .option("--user", "for your own systemd (systemctl --user), not for the machine's")
    .argument("[options...]", "options of `controller`, after --")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster systemd-unit --spec /etc/jupyter-cluster/ \\
    | sudo tee /etc/systemd/system/jupyter-cluster.service
  jupyter-cluster systemd-unit --spec lab.yaml --user -- --api 127.0.0.1:9001`,
    )
    .action(async (more: readonly string[], options: UnitOptions, command: Command) => {
      const isOfUser = options.user === true;
      const stateDir = options.stateDir ?? (isOfUser ? null : "/var/lib/jupyter-cluster");
      const args = [
        ...["--spec", resolve(options.spec)],
        ...(stateDir === null ? [] : ["--state-dir", resolve(stateDir)]),
        ...more,
      ];
      await requireUsage(context, command, args);
      const words = [process.execPath, "--enable-source-maps", PROGRAM, "controller", ...args];
      context.stdout.write(systemdUnit({ command: words, isOfUser }));
    });
}

/** What is wrong is said now, and not by a service that does not start. */
async function requireUsage(
  context: CliContext,
  command: Command,
  args: readonly string[],
): Promise<void> {
  const parsed = controllerCommand(context).copyInheritedSettings(command);
  await parsed.action(() => undefined).parseAsync([...args], { from: "user" });
}
