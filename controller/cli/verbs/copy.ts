/** `copy`: a spec file for one more cluster, beside the first. */
import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { requireValidSpec } from "../machine/spec-file.ts";
import { wholeNumber } from "../options/parsers.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { CliContext } from "../context.ts";
import type { CopyChanges } from "../../../crd-schema/copy.ts";

export function copyCommand(context: CliContext): Command {
  const command = new Command("copy")
    .summary("copy a spec file for another cluster")
    .description(
      "Copy a spec file with its comments, under another name, subnet and proxy port, so that the " +
        "new cluster can run beside the first. What derives from these follows them.",
    )
    .argument("<file>", "spec file with one cluster")
    .argument("<new>", "the copy; nothing must be there yet")
    .option("--name <name>", "metadata.name")
    .option("--subnet <cidr>", "spec.network.subnet")
    .option("--proxy-port <port>", "spec.proxy.port", wholeNumber(1))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster copy manifests/cluster.yaml mine.yaml --name mine \\
    --subnet 172.30.1.0/24 --proxy-port 8889`,
    )
    .action((file: string, copy: string, options: CopyChanges) =>
      copyFile(context, command, { file, copy }, options),
    );
  return command;
}

async function copyFile(
  context: CliContext,
  command: Command,
  { file, copy }: { readonly file: string; readonly copy: string },
  changes: CopyChanges,
): Promise<void> {
  await requireValidSpec(context, file);
  const { copyManifest } = await import("../../../crd-schema/copy.ts");
  const { parseManifest } = await import("../../../crd-schema/documents.ts");
  const text = copyManifest(await readFile(file, "utf8"), changes);
  if (text === null) command.error(`error: ${file} has more than one cluster.`);
  const [problem] = parseManifest(text, copy).problems.filter((p) => p.severity === "error");
  if (problem !== undefined) {
    const told = [problem.field, problem.message].filter(Boolean).join(": ");
    const message = `${told} Nothing was written.`;
    throw new OperationError(ERROR_CODES.SPEC_INVALID, "copy", message);
  }
  try {
    await writeFile(copy, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") command.error(`error: ${copy} is there already.`);
    command.error(`error: ${copy} cannot be written (${code ?? String(error)}).`);
  }
  context.stdout.write(`wrote ${copy}\n`);
}
