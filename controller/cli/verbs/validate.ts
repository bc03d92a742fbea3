/** `validate`: is a spec file good, and if not, where and why. Needs no controller. */
import process from "node:process";
import { Command } from "commander";
import { stringify } from "yaml";
import { processContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { sourceText, tellProblems } from "../render/problems-text.ts";
import { manifestOf } from "../../../crd-schema/manifest.ts";
import { FILE_BYTES_MAX } from "../../../crd-schema/yaml/limits.ts";
import type { CliContext } from "../context.ts";
import type { CompiledText } from "../../../crd-schema/documents.ts";
import type { ManifestReading } from "../../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../../crd-schema/spec.ts";

const FORMATS = ["text", "json"] as const;
const STDIN_NAME = "<stdin>";

interface ValidateOptions {
  readonly output?: (typeof FORMATS)[number];
  readonly defaults?: boolean;
}

/** @param stdin read when a file is called `-` */
export function validateCommand(
  context: CliContext = processContext(),
  stdin: AsyncIterable<Uint8Array> = process.stdin,
): Command {
  return new Command("validate")
    .summary("check spec files")
    .description(
      "Check spec files: their syntax, every field, and the fields and clusters against each " +
        "other. Exits with 0 when all is well (warnings do not count), 1 when anything is wrong.",
    )
    .argument("<file...>", "spec files or directories; - is standard input")
    .addOption(outputOption(FORMATS))
    .option("--defaults", "print the clusters with every default filled in, as YAML")
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster validate manifests/cluster.yaml
  jupyter-cluster validate manifests/          all files of a directory, against each other too
  jupyter-cluster validate --defaults my.yaml  what the controller makes of it
  generate-spec | jupyter-cluster validate -o json -`,
    )
    .action((files: readonly string[], options: ValidateOptions) =>
      validateFiles(context, stdin, files, options),
    );
}

async function validateFiles(
  context: CliContext,
  stdin: AsyncIterable<Uint8Array>,
  files: readonly string[],
  options: ValidateOptions,
): Promise<void> {
  // Its validators are made when it is loaded: only the verbs that need them wait for that.
  const { compileBytes, loadManifests } = await import("../../../crd-schema/load.ts");
  const piped = files.includes("-") ? await readAll(stdin) : null;
  const texts: CompiledText[] = piped === null ? [] : [compileBytes(piped, STDIN_NAME)];
  const reading = await loadManifests(
    files.filter((file) => file !== "-"),
    texts,
  );
  const errors = count(reading.problems, "error");
  const valid = errors === 0 && reading.clusters.length > 0;
  if (options.output === "json") {
    context.stdout.write(formatObject(asObject(reading, valid, options), "json"));
  } else {
    writeText(context, reading, piped, options);
  }
  context.setExitCode(valid ? EXIT.OK : EXIT.NEGATIVE);
}

/** At most one byte more than a file may have: the rest of a stream without end is not awaited. */
async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > FILE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks);
}

function asObject(reading: ManifestReading, valid: boolean, options: ValidateOptions): object {
  const clusters = reading.clusters.map((cluster) => ({
    namespace: cluster.metadata.namespace,
    name: cluster.metadata.name,
    ...cluster.source,
    ...(options.defaults === true ? { manifest: manifestOf(cluster) } : {}),
  }));
  return { valid, clusters, problems: reading.problems };
}

function writeText(
  context: CliContext,
  { clusters, problems }: ManifestReading,
  piped: Uint8Array | null,
  options: ValidateOptions,
): void {
  const pipedText = piped === null ? undefined : new TextDecoder().decode(piped);
  tellProblems(context, problems, (file) => (file === STDIN_NAME ? pipedText : sourceText(file)));
  const lines = clusters.map((cluster) =>
    options.defaults === true ? `---\n${stringify(manifestOf(cluster))}` : `${summary(cluster)}\n`,
  );
  context.stdout.write(lines.join(""));
  const [errors, warnings] = [count(problems, "error"), count(problems, "warning")];
  if (errors > 0) {
    context.stderr.write(`${plural(errors, "error")}, ${plural(warnings, "warning")}.\n`);
  }
}

function summary({ metadata, spec, source }: CompiledCluster): string {
  const { namespace, name } = metadata;
  return (
    `${source.file}:${source.line}: ${namespace}/${name} is valid ` +
    `(${plural(spec.replicas, "node")})`
  );
}

function count(problems: readonly Problem[], severity: Problem["severity"]): number {
  return problems.filter((problem) => problem.severity === severity).length;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
