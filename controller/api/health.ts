/** `/healthz` and `/readyz`, in the words of Kubernetes' own. */
import { type ApiExchange, booleanOf, sendText } from "./exchange.ts";

export interface NamedCheck {
  readonly name: string;
  /** Null: fine; else what is not, in a few words. Answers at once, from what is known. */
  readonly check: () => string | null;
}

export interface HealthChecks {
  /** Whether this process works; a restart would help if not. */
  readonly live: readonly NamedCheck[];
  /** Whether it can do its work now: a master, Docker, storage. */
  readonly ready: readonly NamedCheck[];
}

export function sendHealth(
  exchange: ApiExchange,
  endpoint: "healthz" | "readyz",
  checks: readonly NamedCheck[],
): void {
  const results = checks.map(({ name, check }) => ({ name, problem: check() }));
  const healthy = results.every(({ problem }) => problem === null);
  const lines = results.map(({ name, problem }) =>
    problem === null ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
  );
  const verdict = `${endpoint} check ${healthy ? "passed" : "failed"}`;
  const verbose = booleanOf(exchange.query, "verbose") || !healthy;
  const text = verbose ? `${[...lines, verdict].join("\n")}\n` : "ok";
  sendText(exchange, text, "text/plain; charset=utf-8", { status: healthy ? 200 : 503 });
}
