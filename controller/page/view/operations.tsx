/** What was done to the cluster, who asked for it, and what came of it. */
import { askerText } from "../../cli/render/asker-text.ts";
import type { OperationState, OperationStatus } from "../../model/operation.ts";
import type { Mood } from "../words/verdict.ts";
import { Ago, Card, Empty, Mark, Table } from "./parts.tsx";

const SHOWN_MAX = 8;

const MOODS: Readonly<Record<OperationState, Mood>> = {
  Pending: "busy",
  Processing: "busy",
  Succeeded: "good",
  Incomplete: "bad",
  Failed: "bad",
  Cancelled: "off",
};

export function Operations({ operations }: { readonly operations: readonly OperationStatus[] }) {
  return (
    <Card title="Operations">
      {operations.length === 0 && <Empty>There was none yet.</Empty>}
      {operations.length > 0 && (
        <Table label="Operations" head={["Operation", "State", "Asked", "By", "What came of it"]}>
          {operations
            .slice(-SHOWN_MAX)
            .toReversed()
            .map(({ id, state, askedAt, askedBy, message }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>
                  <Mark mood={MOODS[state]} /> {state}
                </td>
                <td>
                  <Ago at={askedAt} />
                </td>
                <td>{askerText(askedBy)}</td>
                <td>{message}</td>
              </tr>
            ))}
        </Table>
      )}
    </Card>
  );
}
