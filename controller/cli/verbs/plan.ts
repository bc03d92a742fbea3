/** `plan`: what saving a spec file would do, without doing it. */
import { Command } from "commander";
import { colorsFor } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { addConnectionOptions, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { renderPreviews } from "../render/plan-text.ts";
import { requireValidSpec } from "../machine/spec-file.ts";
import { compileObject } from "../../plan/preview/compile-object.ts";
import { previewCluster } from "../../plan/preview/preview.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

interface PlanOptions extends ConnectionOptions {
  readonly output?: StructuredFormat;
}

export function planCommand(context: CliContext): Command {
  const command = new Command("plan")
    .summary("what saving a spec file would do, and why")
    .description(
      "Compare a spec file with what the running controller keeps, and tell what would be done " +
        "and why. Nothing is changed. Exits with 0 when there is nothing to do, 1 when there " +
        "are changes (refused ones too), 255 when that can't be said.",
    )
    .argument("<file>", "spec file or directory")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  cp manifests/cluster.yaml new.yaml       then edit new.yaml: what is saved in place is in force at once
  jupyter-cluster plan new.yaml
  jupyter-cluster plan new.yaml && echo "nothing to do"`,
    )
    .action((file: string, options: PlanOptions) => planFile(context, file, options));
  return addConnectionOptions(command, context);
}

async function planFile(context: CliContext, file: string, options: PlanOptions): Promise<void> {
  const wanted = await requireValidSpec(context, file);
  const objects = await withClient(options, (client) => client.list(null));
  const { parseManifest } = await import("../../../crd-schema/documents.ts");
  const compiled = (object: JupyterClusterObject) => compileObject(object, parseManifest);
  const previews = wanted.map((cluster) => {
    const object = objects.find(
      ({ metadata }) =>
        metadata.name === cluster.metadata.name &&
        metadata.namespace === cluster.metadata.namespace,
    );
    if (object === undefined) return previewCluster(null, cluster, null);
    return previewCluster(compiled(object), cluster, object.status.kernels);
  });
  const text =
    options.output === undefined
      ? renderPreviews(previews, wanted, colorsFor(context, context.stdout))
      : formatObject({ clusters: previews }, options.output);
  context.stdout.write(text);
  const idle = previews.every((preview) => preview.verdict === "unchanged");
  context.setExitCode(idle ? EXIT.OK : EXIT.NEGATIVE);
}
