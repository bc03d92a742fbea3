/** What became of the deliveries to the webhook. */
import { Counter, type Registry } from "prom-client";
import { WEBHOOK_OUTCOMES, type WebhookOutcome } from "../../model/condition-change.ts";

export function webhookMetrics(
  registry: Registry,
): (outcome: WebhookOutcome, count: number) => void {
  const total = new Counter({
    name: "jupytercluster_webhook_deliveries_total",
    help: "Deliveries of changed conditions, by outcome; failed: an attempt before another one.",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of WEBHOOK_OUTCOMES) total.inc({ outcome }, 0);
  return (outcome, count) => total.inc({ outcome }, count);
}
