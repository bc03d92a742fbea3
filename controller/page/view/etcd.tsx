import { shortSize } from "../../cli/render/units.ts";
import { SAMPLES_MAX } from "../../model/page-stream.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { model } from "../state/store.ts";
import { lastOf, ratesOf, valuesOf } from "../words/series.ts";
import { nodeTitle } from "../words/topology.ts";
import { Card, Facts, Sparkline, Table } from "./parts.tsx";

export function Etcd({ object }: { readonly object: JupyterClusterObject }) {
  const { metadata, status } = object;
  const { etcd, nodes } = status;
  const key = `${metadata.namespace}/${metadata.name}`;
  const { samples } = model.value;
  const revisions = valuesOf(samples, key, "revision");
  const writes = ratesOf(samples, key, "revision");
  const sizes = valuesOf(samples, key, "databaseBytes");
  const size = lastOf(sizes);
  const rate = lastOf(writes);
  const revision = lastOf(revisions) ?? etcd.revision;
  return (
    <Card title="etcd">
      <Facts
        rows={[
          ["Term", etcd.raftTerm ?? "not known"],
          ["Revision", revision ?? "not known"],
          ["Version", etcd.version ?? "not known"],
          ["Recoveries", String(etcd.recoveries)],
        ]}
      />
      <Sparkline
        label="Writes"
        points={writes}
        count={SAMPLES_MAX}
        value={rate === null ? "…" : `${rate.toFixed(1)}/s`}
      />
      <Sparkline
        label="Database"
        points={sizes}
        count={SAMPLES_MAX}
        value={size === null ? "…" : shortSize(size)}
      />
      <Table label="Members of etcd" head={["Member", "Role", "Index", "Database"]}>
        {nodes.map((node) => (
          <tr key={node.slot}>
            <th scope="row">{nodeTitle(node)}</th>
            <td>{node.etcd === null ? "not seen" : roleOf(node.leader, node.etcd.isLearner)}</td>
            <td>{node.etcd?.raftIndex ?? ""}</td>
            <td>{node.etcd === null ? "" : shortSize(node.etcd.dbSizeBytes)}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

function roleOf(leads: boolean, learns: boolean): string {
  if (leads) return "leader";
  return learns ? "learner" : "follower";
}
