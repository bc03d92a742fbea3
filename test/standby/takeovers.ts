/** What happens to the controller that acts, and what is measured and must hold when it does. */
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { until } from "../support/poll.ts";
import type { Place, Site } from "./site.ts";

export type Kind = "kill -9" | "SIGSTOP, SIGCONT" | "cut from the store";
export const KINDS: readonly Kind[] = ["kill -9", "SIGSTOP, SIGCONT", "cut from the store"];

export interface Takeover {
  readonly kind: Kind;
  /** From the fault until the other acts and is subscribed to Mesos. Milliseconds. */
  readonly actsMs: number;
  /** From its return until the former one stands by and sees who acts. Milliseconds. */
  readonly backMs: number;
  /** Requests through the other's proxy meanwhile. */
  readonly served: number;
  readonly longestMs: number;
  /** What must not be, a sentence each. */
  readonly violations: readonly string[];
}

/** The other is looked at so often. Milliseconds. */
const SETTLE_MS_MAX = 60_000;

export async function takeOver(site: Site, kind: Kind, leaseSeconds: number): Promise<Takeover> {
  const [former, next] = await roles(site);
  const before = await site.containers();
  const begunAt = Date.now();
  const frameworkId = (await former.process.status()).controller.mesos.frameworkId;
  const user = ProxyUser.start(await site.jupyterUrl(next));
  await user.untilServed(10);
  const violations: string[] = [];
  const begun = performance.now();
  strike(kind, former);
  const acting = await next.process.untilRole("acting");
  const actsMs = performance.now() - begun;
  const returned = performance.now();
  await bringBack(site, kind, former);
  await former.process.untilRole("standby");
  const backMs = performance.now() - returned;
  await site.untilReady(next);
  await user.untilServed(10);
  await user.stop();
  const boundMs = (leaseSeconds + 2) * 1_000;
  if (actsMs > boundMs) violations.push(`the other acted after ${Math.round(actsMs)} ms only`);
  violations.push(...user.failures.map((failure) => `a request failed: ${failure}`));
  if (acting.controller.mesos.frameworkId !== frameworkId) violations.push("another framework id");
  violations.push(...(await site.launchesSince(begunAt)).map((name) => `${name} was launched`));
  const after = await site.containers();
  if (after.join() !== before.join())
    violations.push(`containers: ${before.join()}; ${after.join()}`);
  for (const { host, process } of site.places) {
    if (!process.isRunning) violations.push(`the controller at ${host.ip} has ended`);
  }
  const { served, longestMs } = user;
  return { kind, actsMs, backMs, served, longestMs, violations };
}

async function roles({ places }: Site): Promise<readonly [Place, Place]> {
  const [one, two] = places;
  if (one === undefined || two === undefined) throw new Error("there are two controllers");
  return until(
    "one acts, and the other stands by",
    async () => {
      const [a, b] = await Promise.all([one.process.status(), two.process.status()]);
      const pair = `${a.controller.role} ${b.controller.role}`;
      if (pair === "acting standby") return [one, two] as const;
      return pair === "standby acting" ? ([two, one] as const) : undefined;
    },
    SETTLE_MS_MAX,
  );
}

function strike(kind: Kind, { process, relay }: Place): void {
  if (kind === "kill -9") process.signal("SIGKILL");
  else if (kind === "SIGSTOP, SIGCONT") process.signal("SIGSTOP");
  else relay.cut();
}

/** In the same process, unless that was killed. */
async function bringBack(site: Site, kind: Kind, place: Place): Promise<void> {
  if (kind === "SIGSTOP, SIGCONT") place.process.signal("SIGCONT");
  else if (kind === "cut from the store") place.relay.heal();
  else {
    await place.process.end("SIGKILL");
    place.process = site.startController(place);
  }
}
