/** What a user of a notebook sees of a leader kill, beside the election that nobody can do without. */
import { setTimeout as delay } from "node:timers/promises";
import { PROVEN_AFTER_MS } from "../../controller/plan/tasks/backoff.ts";
import { jupyterUrl } from "../support/e2e/invariants.ts";
import { killLeaderBeside } from "../support/e2e/kernel-node.ts";
import type { LocalCluster } from "../support/e2e/local-cluster.ts";
import { CountingNotebook } from "../support/page/counting-notebook.ts";
import type { Silence } from "../support/page/notebook-page.ts";
import type { HandDriven } from "./hand-driven.ts";
import type { Probe } from "./probe.ts";
import { compare, type Measured, timed } from "./stats.ts";

/** Milliseconds since the epoch. */
interface Span {
  readonly from: number;
  readonly to: number;
}

export interface NotebookBench {
  readonly runs: number;
  readonly probe: Probe;
  readonly hand: HandDriven;
  /** With `spec.kernels.placement: spread`. */
  readonly cluster: LocalCluster;
}

export async function notebookKills(bench: NotebookBench): Promise<Measured> {
  const { runs, cluster } = bench;
  const notebook = await CountingNotebook.open(await jupyterUrl(cluster));
  try {
    const kernel = await notebook.page.kernel();
    const kills: Span[] = [];
    const floor: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      floor.push(await electionByHand(bench));
      const from = await killLeaderBeside(cluster, kernel);
      await cluster.untilReady({ timeoutMs: 120_000 });
      await delay(PROVEN_AFTER_MS + 500);
      kills.push({ from, to: Date.now() });
    }
    const { lost, doubled } = await notebook.end(cluster);
    const { silences, dialogs } = await notebook.page.watched();
    const { reconnects } = notebook.page;
    const said = `${lost} lines lost, ${doubled} doubled, ${reconnects} reconnects, ${dialogs.length} dialogs`;
    const waits = longestAfterEach(kills, silences);
    const what = `leader kill: longest silence of a notebook's cell in a browser (${said})`;
    return compare(what, 1.5, waits, floor);
  } finally {
    await notebook.close();
  }
}

/** From the kill until another member says that it leads. */
async function electionByHand({ hand, probe }: NotebookBench): Promise<number> {
  const old = await hand.leader();
  const rest = hand.slots.filter((slot) => slot !== old);
  const took = await timed(async () => {
    await hand.kill(old);
    await hand.leader(rest);
  });
  await hand.replace(old);
  await probe.untilVoter(hand.clientUrl(old));
  await probe.until200(hand.jupyterUrl(old));
  return took;
}

/** Also one that began a moment before: a line and the next lie apart. */
function longestAfterEach(kills: readonly Span[], silences: readonly Silence[]): number[] {
  return kills.map(({ from, to }) => {
    const own = silences.filter((silence) => silence.from + silence.ms > from && silence.from < to);
    return Math.max(0, ...own.map(({ ms }) => ms));
  });
}
