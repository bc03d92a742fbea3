/** Kernels that belong to the cluster. */
import type { JupyterClusterObject } from "../../model/resource.ts";
import { kernelsIn } from "../words/kernels.ts";
import { Ago, Card, Empty, Table } from "./parts.tsx";

const HEAD = ["Notebook", "Node", "State", "Memory", "Since", "Last end"];

export function Kernels({ object }: { readonly object: JupyterClusterObject }) {
  const kernels = kernelsIn(object.status);
  if (kernels === null) return null;
  return (
    <Card title="Kernels">
      {kernels.length === 0 ? (
        <Empty>No kernel runs.</Empty>
      ) : (
        <Table label="Kernels" head={HEAD}>
          {kernels.map(({ id, notebook, node, state, memory, since, lastExit }) => (
            <tr key={id}>
              <th scope="row" title={id}>
                {notebook}
              </th>
              <td>{node}</td>
              <td>{state}</td>
              <td>{memory}</td>
              <td>{since === null ? "" : <Ago at={since} plain />}</td>
              <td title={lastExit?.message ?? ""}>
                {lastExit !== null && (
                  <>
                    {lastExit.reason} <Ago at={lastExit.at} plain />
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
