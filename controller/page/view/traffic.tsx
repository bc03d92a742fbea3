import { SAMPLES_MAX } from "../../model/page-stream.ts";
import { model } from "../state/store.ts";
import { lastOf, ratesOf, valuesOf } from "../words/series.ts";
import { Card, Sparkline } from "./parts.tsx";

/** The last quarter of an hour at the proxy. */
export function Traffic({ clusterKey }: { readonly clusterKey: string }) {
  const { samples } = model.value;
  const requests = ratesOf(samples, clusterKey, "requests");
  const sockets = valuesOf(samples, clusterKey, "webSockets");
  const nodes = valuesOf(samples, clusterKey, "nodes");
  const rate = lastOf(requests);
  return (
    <Card title="The last 15 minutes">
      <Sparkline
        label="Requests"
        points={requests}
        count={SAMPLES_MAX}
        value={rate === null ? "…" : `${rate.toFixed(1)}/s`}
      />
      <Sparkline
        label="WebSockets"
        points={sockets}
        count={SAMPLES_MAX}
        value={String(lastOf(sockets) ?? "…")}
      />
      <Sparkline
        label="Nodes in sight"
        points={nodes}
        count={SAMPLES_MAX}
        value={String(lastOf(nodes) ?? "…")}
      />
    </Card>
  );
}
