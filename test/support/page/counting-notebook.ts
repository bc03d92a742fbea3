/** A notebook in a real browser whose first cell prints a number every 50 ms until it is told to end. */
import type { LocalCluster } from "../e2e/local-cluster.ts";
import { leaderOf } from "../e2e/nodes.ts";
import { until } from "../poll.ts";
import { NotebookPage } from "./notebook-page.ts";

const COUNTING = `import os, time
i = 0
while not os.path.exists("enough"):
    print(i, flush=True)
    i += 1
    time.sleep(0.05)
print("said", i)`;

export interface Counted {
  /** What the cell says that it has said. */
  readonly count: number;
  readonly lost: number;
  readonly doubled: number;
  readonly lines: readonly string[];
}

export class CountingNotebook {
  private constructor(readonly page: NotebookPage) {}

  /** @param jupyterUrl with `?token=…` */
  static async open(jupyterUrl: string): Promise<CountingNotebook> {
    const page = await NotebookPage.open(jupyterUrl, "counting.ipynb", [
      COUNTING,
      "print(globals().get('i'))",
    ]);
    const notebook = new CountingNotebook(page);
    await notebook.count();
    await page.watch();
    return notebook;
  }

  /** The cell that was told to end counts from 0 again. */
  async beginAnew(cluster: LocalCluster): Promise<void> {
    await onItsFiles(cluster, ["rm", "-f", "/shared/enough"]);
    await this.count();
  }

  private async count(): Promise<void> {
    await this.page.run(0);
    const counts = async () => {
      const lines = await this.page.lines(0);
      return lines.length > 5 && /^\d+$/.test(lines.at(-1) ?? "");
    };
    await until("it prints", counts);
  }

  /** Lets the cell end, and reads what the page shows of it. */
  async end(cluster: LocalCluster): Promise<Counted> {
    await onItsFiles(cluster, ["touch", "/shared/enough"]);
    const last = async () => /^said (\d+)$/.exec((await this.page.lines(0)).at(-1) ?? "")?.[1];
    const count = Number(await until("the cell ends", last, 60_000));
    const lines = await this.page.lines(0);
    const times = new Map<string, number>();
    for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1);
    const lost = Array.from({ length: count }, (_, i) => i).filter((i) => !times.has(String(i)));
    const doubled = [...times.values()].reduce((sum, each) => sum + each - 1, 0);
    return { count, lost: lost.length, doubled, lines };
  }

  /** What the second cell prints of the first one's variable. */
  async variable(): Promise<string> {
    return (await this.page.result(1)).join("\n");
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

async function onItsFiles(cluster: LocalCluster, command: readonly string[]): Promise<void> {
  const ready = await cluster.untilReady({ timeoutMs: 120_000 });
  const { code, stderr } = await cluster.exec(leaderOf(ready), command);
  if (code !== 0) throw new Error(stderr);
}
