/** One chaos run: a real cluster, faults from a seed, a writer and a notebook user beside them. */
import { copyFile } from "node:fs/promises";
import { clientUrl } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import type { LocalClusterOptions } from "../support/e2e/local-cluster.ts";
import { runCell } from "../support/e2e/kernel.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { KeyWriter } from "../support/etcd/key-writer.ts";
import { type Effect, type Fault, MissedError } from "./faults/fault.ts";
import { untilRecovered, wrongAfter } from "./recovery.ts";
import type { ChaosReport, GroupRecord } from "./report.ts";
import { type Group, type Planned, schedule } from "./schedule.ts";
import { Site } from "./site.ts";
import { TLS } from "../support/etcd/transport.ts";

export interface ChaosOptions {
  readonly seed: number;
  /** New faults begin for so long; the last ones heal, and all is checked, after that. */
  readonly minutes: number;
  readonly catalogue: readonly Fault[];
  readonly name: LocalClusterOptions["name"];
  /** The first three numbers of a /24. */
  readonly subnet: string;
  readonly image: string;
  /** Ends the run early; everything is cleaned up all the same. */
  readonly signal: AbortSignal;
  /** Told as it goes. */
  readonly log: (line: string) => void;
  /** The controller's log is kept here. */
  readonly logFile: string | null;
}

/** Many lost writes, or failed requests, have one cause. */
const TOLD_MAX = 20;
const IN_FLIGHT = 2;
/** The default of spec.proxy.holdSeconds: a request that was held so long may be given up. */
const HOLD_MS = 30_000;
const CELL_MS_MAX = 60_000;
const SERVICE_MS_MAX = 15_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const run = new ChaosRun(options, await Site.create(options));
  return run.run();
}

class ChaosRun {
  private readonly violations: string[] = [];
  private readonly groups: GroupRecord[] = [];
  private readonly aborted: Promise<never>;
  private writer: KeyWriter | null = null;
  private user: ProxyUser | null = null;
  private verified: ChaosReport["writer"] = null;
  private jupyter = "";
  private cells = 0;

  constructor(
    private readonly options: ChaosOptions,
    private readonly site: Site,
  ) {
    const { signal } = options;
    this.aborted = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    // Raced against whatever runs; nobody may be waiting when it comes.
    this.aborted.catch(() => undefined);
  }

  async run(): Promise<ChaosReport> {
    try {
      const works =
        (await this.attempt("start", () => this.start())) &&
        (await this.attempt("faults", () => this.doFaults()));
      if (works) await this.attempt("invariants at the end", () => this.checkInvariants());
      await this.attempt("writer", () => this.verifyWriter());
    } finally {
      await this.cleanUp();
    }
    return this.report();
  }

  /** @returns whether it went well; what went wrong is a violation */
  private async attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    if (this.options.signal.aborted) return false;
    try {
      await Promise.race([work(), this.aborted]);
      return true;
    } catch (error) {
      if (!this.options.signal.aborted) this.violate(what, String(error));
      return false;
    }
  }

  private violate(when: string, what: string): void {
    this.violations.push(`${when}: ${what}`);
    this.options.log(`VIOLATION ${when}: ${what}`);
  }

  private async start(): Promise<void> {
    const { site } = this;
    site.startController();
    await untilRecovered(site, []);
    site.isControllerAway = false;
    this.jupyter = await jupyterUrl(site.cluster);
    this.user = ProxyUser.start(this.jupyter, {
      isExcused: (...failure) => this.isExcused(...failure),
    });
    this.writer = await KeyWriter.start({
      run: `seed-${this.options.seed}`,
      inFlight: IN_FLIGHT,
      identity: await site.cluster.etcdIdentity(),
      endpoints: async () =>
        (await site.cluster.object()).status.nodes.map((n) => clientUrl(n.ip, TLS)),
    });
  }

  private isExcused(failure: string, heldMs: number): boolean {
    if (this.site.isControllerAway || heldMs >= HOLD_MS) return true;
    if ((this.user?.failures.length ?? 0) < TOLD_MAX) {
      this.violate("user", `a request failed after ${Math.round(heldMs)} ms: ${failure}`);
    }
    return false;
  }

  private async doFaults(): Promise<void> {
    const { seed, minutes, catalogue } = this.options;
    const begun = performance.now();
    for (const group of schedule(seed, catalogue)) {
      await this.site.hold(group.peaceMs);
      const atMs = performance.now() - begun;
      if (atMs > minutes * 60_000) return;
      await this.doGroup(group, atMs / 1000);
    }
  }

  private async doGroup(group: Group, atSeconds: number): Promise<void> {
    const { site } = this;
    const before = await untilRecovered(site, []);
    const outcomes = await Promise.all(group.faults.map((planned) => this.inject(planned, before)));
    const faults = group.faults.map(({ fault }, i) => ({
      kind: fault.kind,
      what: outcomes[i]?.what ?? null,
    }));
    const told = faults.map(({ kind, what }) => `${kind} ${what ?? "(missed)"}`.trim()).join(" + ");
    this.options.log(`${atSeconds.toFixed(0).padStart(5)} s  ${told}`);
    const effects = outcomes.filter((outcome) => outcome !== null);
    const record = { atSeconds: Math.round(atSeconds), faults };
    try {
      const after = await untilRecovered(site, effects);
      const endedMs = Math.max(...effects.map((effect) => effect.endedMs));
      const recoveryMs = effects.length === 0 ? null : Math.round(performance.now() - endedMs);
      this.groups.push({ ...record, recoveryMs });
      this.options.log(`         Ready after ${recoveryMs ?? 0} ms`);
      site.isControllerAway = false;
      for (const wrong of await wrongAfter(site, before, effects, after)) this.violate(told, wrong);
    } catch (error) {
      this.groups.push({ ...record, recoveryMs: null });
      throw new Error(`${told}: ${String(error)}`, { cause: error });
    }
    await this.expectService(told, group.withCell);
  }

  private async inject(planned: Planned, before: JupyterClusterObject): Promise<Effect | null> {
    await this.site.hold(planned.afterMs);
    try {
      return await planned.fault.run(this.site, before, planned.random);
    } catch (error) {
      if (error instanceof MissedError) return null;
      throw error;
    }
  }

  /** Ready is not only said: etcd takes writes, Jupyter answers and, now and then, a cell runs. */
  private async expectService(after: string, withCell: boolean): Promise<void> {
    try {
      await this.writer?.untilAcknowledged(1, SERVICE_MS_MAX);
      await this.user?.untilServed(1);
      if (withCell) await this.runCell();
    } catch (error) {
      if (!this.options.signal.aborted) this.violate(`Ready after ${after}`, String(error));
    }
  }

  private async runCell(): Promise<void> {
    const printed = (await runCell(this.jupyter, "print(6 * 7)", CELL_MS_MAX)).trim();
    if (printed !== "42") throw new Error(`a cell printed ${JSON.stringify(printed)}`);
    this.cells += 1;
  }

  private async checkInvariants(): Promise<void> {
    await expectInvariants(this.site.cluster);
    await this.runCell();
    await this.user?.stop();
  }

  private async verifyWriter(): Promise<void> {
    if (this.writer === null) return;
    await this.writer.stop();
    const { violations, ...figures } = await this.writer.verify();
    this.verified = figures;
    for (const wrong of violations.slice(0, TOLD_MAX)) this.violate("writer", wrong);
    const more = violations.length - TOLD_MAX;
    if (more > 0) this.violate("writer", `and ${more} more`);
  }

  private async cleanUp(): Promise<void> {
    const { logFile } = this.options;
    this.site.isControllerAway = true;
    await this.writer?.close();
    await this.site.filler.close();
    if (logFile !== null) await copyFile(this.site.cluster.logFile, logFile);
    try {
      await this.site.destroy();
    } catch (error) {
      this.violate("clean-up", String(error));
    }
    await this.user?.stop();
  }

  private report(): ChaosReport {
    const { seed, minutes, signal } = this.options;
    return {
      seed,
      minutes,
      interrupted: signal.aborted,
      groups: this.groups,
      writer: this.verified,
      user: {
        served: this.user?.served ?? 0,
        failed: this.user?.failures.length ?? 0,
        excused: this.user?.excused ?? 0,
        longestHeldMs: Math.round(this.user?.longestMs ?? 0),
        cells: this.cells,
      },
      violations: this.violations,
    };
  }
}
