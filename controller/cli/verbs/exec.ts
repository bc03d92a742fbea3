/** `exec`: a command, or a shell, in a node. */
import { Command } from "commander";
import { findNodeContainer } from "../machine/node-container.ts";
import { addConnectionOptions, addNamespaceOption } from "../options/connection.ts";
import { nodeAddress } from "../options/parsers.ts";
import { interactiveExec } from "../../docker/interactive-exec.ts";
import { nodeUser } from "../../docker/exec-in-node.ts";
import type { NodeAddress } from "../client/node-lookup.ts";
import type { CliContext } from "../context.ts";
import type { NodeOptions } from "../machine/node-container.ts";

/** A login shell that begins at home, as over ssh; an exec begins at the image's directory. */
const SHELL = ["/bin/bash", "-lc", "cd; exec /bin/bash -l"];

interface ExecOptions extends NodeOptions {
  readonly user?: string;
}

export function execCommand(context: CliContext): Command {
  const command = new Command("exec")
    .summary("a command, or a shell, in a node")
    .description(
      "Run a command in a node's container on this machine's Docker Engine, as the normal user of " +
        "the nodes (spec.ssh.user); without a command, a shell. Exits with the command's own code, " +
        "or with 255 when it could not be run.",
    )
    .argument("<node>", "NAME-k, or slot-N (which works without the controller)", nodeAddress)
    .argument("[command...]", "the command and its arguments, after --")
    .option("-u, --user <name>", "another user, e.g. root")
    .option("--cluster <name>", "cluster of a slot-N, where there are more than one")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster exec lab-0                                a shell on the leader
  jupyter-cluster exec lab-1 -- ssh lab-2 hostname -I       from node to node
  jupyter-cluster exec slot-0 -u root -- cat /etc/hosts`,
    )
    .action((node: NodeAddress, words: string[], options: ExecOptions) =>
      execInNode(context, node, words, options),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function execInNode(
  context: CliContext,
  node: NodeAddress,
  words: readonly string[],
  options: ExecOptions,
): Promise<void> {
  const { connectDocker } = await import("../../docker/connect.ts");
  const docker = connectDocker();
  const { container, title } = await findNodeContainer(docker, node, options);
  const user = options.user ?? (await nodeUser(docker, container.id, title));
  const term = context.env["TERM"];
  const code = await interactiveExec(
    docker,
    container.id,
    {
      command: words.length > 0 ? words : SHELL,
      user,
      env: term === undefined ? [] : [`TERM=${term}`],
    },
    process,
  );
  context.setExitCode(code);
}
