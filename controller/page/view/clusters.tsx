/** All clusters, a row each. */
import { model } from "../state/store.ts";
import { routeTo } from "../words/route.ts";
import { leaderText } from "../words/topology.ts";
import { verdictOf } from "../words/verdict.ts";
import { Ago, Empty, Mark, Table } from "./parts.tsx";

export function ClustersView() {
  const clusters = [...model.value.clusters];
  return (
    <>
      <h1>Clusters</h1>
      {clusters.length === 0 ? (
        <Empty>There is no cluster yet: save a spec file, and it appears here.</Empty>
      ) : (
        <Table
          label="Clusters"
          head={["Cluster", "State", "Why", "Nodes", "Leader", "Jupyter", "Age"]}
        >
          {clusters.map(([key, { object }]) => {
            const { status, metadata } = object;
            const { mood, title, message } = verdictOf(status);
            return (
              <tr key={key}>
                <th scope="row">
                  <a href={routeTo(key)}>{key}</a>
                </th>
                <td class="nowrap">
                  <Mark mood={mood} /> {title}
                </td>
                <td>{mood === "good" ? "" : message}</td>
                <td>
                  {status.readyReplicas}/{status.replicas}
                </td>
                <td class="nowrap">{leaderText(status)}</td>
                <td>
                  <a href={status.endpoints.jupyter} target="_blank" rel="noopener noreferrer">
                    {status.endpoints.jupyter}
                  </a>
                </td>
                <td>
                  <Ago at={metadata.creationTimestamp} plain />
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </>
  );
}
