/** The figures of several sizes as Markdown: tables, and a plot of what one event costs. Pure. */
import { plotText, type Series } from "./plot.ts";
import type { EventFigures, SizeFigures, Stretch } from "./size-figures.ts";

export function reportText(sizes: readonly SizeFigures[]): string {
  const [first] = sizes;
  if (first === undefined) throw new Error("nothing was measured");
  const { nodes, agents, racks, seed } = first.options;
  return [
    "# One controller, many clusters",
    "",
    `Clusters of ${nodes} nodes on ${agents} Mesos agents in ${racks} racks, seed ${seed}, under ` +
      "production's loop, planner, queue, status publisher and Mesos client in virtual time. CPU " +
      "is of one core. The simulated site has its share in CPU and memory; these two differ from " +
      "machine to machine, all else does not.",
    "",
    "## All of them",
    "",
    table(
      ["", ...sizes.map((s) => clustersText(s.options.clusters))],
      ALL_ROWS.map((row) => [row.name, ...sizes.map((size) => row.of(size))]),
    ),
    "",
    "## One event",
    "",
    `Medians of ${first.events[0]?.costs.length ?? 0} each. *Others* is a sum: reconciles that it set ` +
      "off in clusters that have nothing to do with it.",
    "",
    table(
      [
        "",
        "clusters",
        "reconciles",
        "others",
        "disk writes",
        "Mesos calls",
        "Ready after s",
        "CPU ms",
      ],
      first.events.flatMap(({ what }) =>
        sizes.map((size) => [what, String(size.options.clusters), ...eventCells(size, what)]),
      ),
    ),
    "",
    "```text",
    plotText(plotSeries(sizes), "clusters", "CPU ms of one event"),
    "```",
    "",
    ...sizes.flatMap((s) => s.violations.map((v) => `Violation: ${v}`)),
  ].join("\n");
}

interface Row {
  readonly name: string;
  of(size: SizeFigures): string;
}

const ALL_ROWS: readonly Row[] = [
  { name: "containers", of: ({ options }) => count(options.clusters * options.nodes) },
  { name: "from nothing to all Ready, virtual s", of: (s) => seconds(s.fromNothing.virtualMs) },
  { name: "… CPU s", of: (s) => seconds(s.fromNothing.cpuMs) },
  { name: "… reconciles", of: (s) => count(s.fromNothing.reconciles) },
  { name: "… reconciles a CPU second", of: (s) => count(rate(s.fromNothing)) },
  { name: "… disk writes", of: (s) => count(s.fromNothing.writes) },
  { name: "at rest, reconciles a CPU second", of: (s) => count(rate(s.atRest)) },
  { name: "at rest, % of a core", of: ({ atRest }) => percent(atRest.cpuMs / atRest.virtualMs) },
  { name: "heap MiB", of: (s) => s.heapMiB.toFixed(1) },
  { name: "heap KiB a cluster", of: (s) => count((s.heapMiB * 1024) / s.options.clusters) },
  { name: "resident MiB", of: (s) => count(s.residentMiB) },
  { name: "a rack is lost: containers", of: (s) => count(s.rack.lost) },
  { name: "… to all Ready, virtual s", of: (s) => seconds(s.rack.virtualMs) },
  { name: "… CPU s", of: (s) => seconds(s.rack.cpuMs) },
  { name: "… reconciles", of: (s) => count(s.rack.reconciles) },
];

function eventCells(size: SizeFigures, what: string): readonly string[] {
  const costs = figuresOf(size, what)?.costs ?? [];
  const others = costs.reduce((sum, c) => sum + c.otherReconciles, 0);
  return [
    count(median(costs.map((c) => c.reconciles))),
    count(others),
    count(median(costs.map((c) => c.writes))),
    count(median(costs.map((c) => c.mesosCalls))),
    seconds(median(costs.map((c) => c.toReadyMs))),
    median(costs.map((c) => c.cpuMs)).toFixed(1),
  ];
}

const MARKS = "FLJSC";

/** Each kind of event, and what it would be if it grew with the clusters. */
function plotSeries(sizes: readonly SizeFigures[]): readonly Series[] {
  const [first] = sizes;
  const events = first?.events ?? [];
  const points = (what: string) =>
    sizes.map((size) => {
      const costs = figuresOf(size, what)?.costs ?? [];
      return [size.options.clusters, median(costs.map((c) => c.cpuMs))] as const;
    });
  const series = events.map(({ what }, i) => ({
    name: what,
    mark: MARKS[i % MARKS.length] ?? "o",
    points: points(what),
  }));
  const [start] = series[0]?.points ?? [];
  if (start === undefined) return series;
  const [x0, y0] = start;
  const diagonal = sizes.map((s) => [s.options.clusters, (y0 * s.options.clusters) / x0] as const);
  const grown = { name: "if the first grew with the clusters", mark: ".", points: diagonal };
  return [grown, ...series];
}

function figuresOf(size: SizeFigures, what: string): EventFigures | undefined {
  return size.events.find((e) => e.what === what);
}

function rate({ reconciles, cpuMs }: Stretch): number {
  return (reconciles / cpuMs) * 1000;
}

function clustersText(clusters: number): string {
  return `${count(clusters)} clusters`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function percent(fraction: number): string {
  return (fraction * 100).toFixed(2);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, c) =>
    Math.max(title.length, ...rows.map((row) => row[c]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, c) =>
    c === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}
