/** Copies of etcd's data, and the way back to one. */
import { useEffect, useState } from "preact/hooks";
import { shortSize } from "../../cli/render/units.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import { call } from "../state/session.ts";
import { apiPath, askRestore, askSnapshot } from "./actions.tsx";
import { Ago, Card, Empty, Table } from "./parts.tsx";

const SHOWN_MAX = 8;

export function Snapshots({ object }: { readonly object: JupyterClusterObject }) {
  const { backup, lastRecovery } = object.status;
  const [snapshots, setSnapshots] = useState<readonly SnapshotInfo[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    call("GET", `${apiPath(object)}/snapshots`).then(
      (list) => {
        if (isWanted) setSnapshots((list as { items: SnapshotInfo[] }).items.toReversed());
      },
      (error: Error) => {
        if (isWanted) setProblem(error.message);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [backup.count, backup.last?.id]);
  const take = (
    <button type="button" class="small" onClick={() => askSnapshot(object)}>
      Take one now
    </button>
  );
  return (
    <Card title="Snapshots" aside={take}>
      {problem !== null && <p class="problem">{problem}</p>}
      {snapshots?.length === 0 && <Empty>None was taken yet.</Empty>}
      {snapshots !== null && snapshots.length > 0 && (
        <Table label="Snapshots" head={["Taken", "Revision", "Keys", "Size", "Restore"]}>
          {snapshots.slice(0, SHOWN_MAX).map((snapshot) => (
            <tr key={snapshot.id}>
              <th scope="row" title={snapshot.id}>
                <Ago at={snapshot.takenAt} />
              </th>
              <td>{snapshot.revision}</td>
              <td>{snapshot.keys}</td>
              <td>{shortSize(snapshot.sizeBytes)}</td>
              <td>
                <button
                  type="button"
                  class="small"
                  aria-label={`Restore revision ${snapshot.revision}`}
                  onClick={() => askRestore(object, snapshot)}
                >
                  Restore
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {snapshots !== null && snapshots.length > SHOWN_MAX && (
        <p class="more">and {snapshots.length - SHOWN_MAX} older</p>
      )}
      {lastRecovery !== null && (
        <p>
          Last recovery <Ago at={lastRecovery.at} />: {lastRecovery.message}
        </p>
      )}
    </Card>
  );
}
