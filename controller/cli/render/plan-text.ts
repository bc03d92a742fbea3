/** Previews told for a person. */
import { endedKernelsText } from "./ended-kernels.ts";
import type { Colors } from "../context.ts";
import type { Preview, PreviewedChange } from "../../model/preview.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";

const VALUE_CHARACTERS_MAX = 60;

/** @param wanted the clusters that the previews are of, in the same order */
export function renderPreviews(
  previews: readonly Preview[],
  wanted: readonly CompiledCluster[],
  colors: Colors,
): string {
  return previews
    .map((preview, i) => renderPreview(preview, wanted[i] as CompiledCluster, colors))
    .join("\n");
}

function renderPreview(preview: Preview, wanted: CompiledCluster, colors: Colors): string {
  const title = colors.bold(`${preview.namespace}/${preview.name}`);
  const { replicas, network, proxy } = wanted.spec;
  switch (preview.verdict) {
    case "unchanged":
      return `${title}: nothing to do, this spec is in force\n`;
    case "create":
      return (
        `${title}: ${colors.green("create")}\n` +
        `  ${replicas} nodes on network ${network.name} (${network.subnet}, ` +
        `from ${network.firstAddress}); Jupyter at http://${proxy.address}:${proxy.port}/\n`
      );
    case "refused":
    case "change": {
      const head = `${title}: ${summary(preview, colors)}\n`;
      const ends = endedKernelsText(preview.kernels);
      const lines = preview.changes.map((change) => renderChange(change, colors));
      return [head, ...lines, ...(ends === null ? [] : [`  ${colors.yellow(ends)}\n`])].join("");
    }
  }
}

function summary({ verdict, changes }: Preview, { red, yellow }: Colors): string {
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  return verdict === "refused"
    ? `${red("refused")}: an immutable field differs, so none of the ${count} would be made`
    : yellow(count);
}

function renderChange({ field, from, to, effect, kind }: PreviewedChange, colors: Colors): string {
  const told = kind === "refused" ? colors.red(effect) : effect;
  return `  ${colors.bold(field)}: ${valueText(from)} -> ${valueText(to)}\n      ${told}\n`;
}

function valueText(value: unknown): string {
  if (value === undefined) return "(none)";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text;
}
