import type { Condition } from "../../model/resource.ts";
import { isGood, type Mood } from "../words/verdict.ts";
import { Ago, Card, Mark, Table } from "./parts.tsx";

export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  return (
    <Card title="Conditions">
      <Table label="Conditions" head={["Condition", "Status", "Since"]}>
        {conditions.map((condition) => {
          const { type, status, reason, message, lastTransitionTime } = condition;
          return (
            <tr key={type}>
              <th scope="row">
                <Mark mood={moodOf(condition)} /> {type}
                <span class="more">{message === "" ? reason : `${reason}: ${message}`}</span>
              </th>
              <td>{status}</td>
              <td class="nowrap">
                <Ago at={lastTransitionTime} plain />
              </td>
            </tr>
          );
        })}
      </Table>
    </Card>
  );
}

function moodOf(condition: Condition): Mood {
  if (isGood(condition)) return "good";
  return condition.status === "Unknown" ? "busy" : "bad";
}
