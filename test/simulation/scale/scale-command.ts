/** `npm run simulate -- --scale`: figures of sites of several sizes, as a report. */
import { writeFile } from "node:fs/promises";
import { reportText } from "./report.ts";
import { measureSize, type SizeFigures } from "./size-figures.ts";

export interface ScaleCommand {
  /** Sizes of the sites that are measured, one after the other. */
  readonly clusters: readonly number[];
  readonly nodes: number;
  readonly agents: number;
  readonly racks: number;
  readonly seed: number;
  /** File for the report; null: it is only shown. */
  readonly report: string | null;
}

const WARM_UP_CLUSTERS = 10;

/** @returns whether nothing happened that must not be */
export async function runScale(
  { clusters, nodes, agents, racks, seed, report }: ScaleCommand,
  output: { out(text: string): void; error(text: string): void },
): Promise<boolean> {
  // The machine compiles what is run often: the first site would pay for the others.
  await measureSize({ clusters: WARM_UP_CLUSTERS, nodes, agents, racks, seed });
  const sizes: SizeFigures[] = [];
  for (const count of clusters) {
    output.error(`${count} clusters of ${nodes} nodes on ${agents} agents ...\n`);
    sizes.push(await measureSize({ clusters: count, nodes, agents, racks, seed }));
  }
  const text = reportText(sizes);
  output.out(`${text}\n`);
  if (report !== null) await writeFile(report, `${text}\n`);
  return sizes.every((size) => size.violations.length === 0);
}
