/** The options of `npm run simulate -- --scale`. */
import { parseArgs } from "node:util";
import { UsageError, wholeNumber } from "../usage-error.ts";
import type { ScaleCommand } from "./scale-command.ts";

export const SCALE_HELP = `Usage: npm run simulate -- --scale [options]

Measures one controller over many clusters in virtual time: from nothing to Ready, at rest, single
events, the loss of a rack. Prints a report in Markdown with a plot of what one event costs.

  --clusters C,C,...  sizes, measured one after the other (default 10,100,1000)
  --nodes N           of each cluster (default 5)
  --agents A          Mesos agents of the site (default 500)
  --racks R           into which they are divided (default 20)
  --seed N            other timings (default 1)
  --report FILE       writes the report there too
`;

/** Beyond that the addresses of the site's networks are used up. */
const CLUSTERS_MAX = 5_000;

const DEFAULTS = { clusters: "10,100,1000", nodes: "5", agents: "500", racks: "20", seed: "1" };

/** @throws UsageError */
export function readScaleOptions(args: readonly string[]): ScaleCommand {
  const values = { ...DEFAULTS, ...parse(args) };
  const clusters = values.clusters.split(",").map((c) => wholeNumber("--clusters", c, 1));
  const largest = Math.max(...clusters);
  if (largest > CLUSTERS_MAX) {
    throw new UsageError(`--clusters ${largest} is more than ${CLUSTERS_MAX}`);
  }
  const nodes = wholeNumber("--nodes", values.nodes, 3);
  const agents = wholeNumber("--agents", values.agents, 1);
  const racks = wholeNumber("--racks", values.racks, 2);
  // Each on an agent of its own, also when a rack is lost.
  const left = agents - Math.ceil(agents / racks);
  if (left < nodes) {
    throw new UsageError(
      `--agents ${agents} without one of ${racks} racks are ${left}, fewer than a cluster's ${nodes} nodes`,
    );
  }
  const seed = wholeNumber("--seed", values.seed);
  return { clusters, nodes, agents, racks, seed, report: values.report ?? null };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scale: { type: "boolean" },
        clusters: text,
        nodes: text,
        agents: text,
        racks: text,
        seed: text,
        report: text,
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
