/** What was done to the cluster, who asked for it, and what came of it. */
import { askerText } from "../../cli/render/asker-text.ts";
import type { OperationState, OperationStatus } from "../../model/operation.ts";
import type { Mood } from "../words/verdict.ts";
import { Ago, Card, Empty, Mark } from "./parts.tsx";

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
        <ol class="event-list" tabIndex={0} aria-label="Operations, newest first">
          {operations
            .slice(-SHOWN_MAX)
            .toReversed()
            .map(({ id, state, askedAt, askedBy, message }) => (
              <li key={id}>
                <Mark mood={MOODS[state]} />
                <div>
                  <b>{id}</b> {state}{" "}
                  <small>
                    <Ago at={askedAt} />, asked by {askerText(askedBy)}
                  </small>
                  <p>{message}</p>
                </div>
              </li>
            ))}
        </ol>
      )}
    </Card>
  );
}
