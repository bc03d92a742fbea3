/** The last elections, each told step by step when one asks for it. */
import { electionSteps } from "../../cli/render/election-steps.ts";
import { outcome, span, when, why } from "../../cli/render/election-words.ts";
import type { Election } from "../../model/election.ts";
import { nodeLabel } from "../../model/election-text.ts";
import { now } from "../state/store.ts";
import { Ago, Card, Empty, Table } from "./parts.tsx";

export function Elections({ elections }: { readonly elections: readonly Election[] }) {
  const newest = elections.map((election, i) => ({ election, previous: elections[i - 1] ?? null }));
  return (
    <Card title="Elections">
      {newest.length === 0 && <Empty>No election was seen yet.</Empty>}
      {newest.toReversed().map(({ election, previous }) => (
        <details key={`${election.clusterId} ${election.term}`} class="election">
          <summary>
            <b>Term {election.term}</b> <Ago at={election.startedAt} />:{" "}
            {outcome(election, now.value)}
            {election.durationMs === null ? "" : <span class="tag">{election.durationMs} ms</span>}
          </summary>
          <Story election={election} previous={previous} />
        </details>
      ))}
    </Card>
  );
}

function Story(props: { readonly election: Election; readonly previous: Election | null }) {
  const { election, previous } = props;
  return (
    <>
      <p>
        Why: {why(election)}.
        <br />
        When: {when(election)}.
      </p>
      <Table
        label={`Steps of the election of term ${election.term}`}
        head={["Step", "Node", "Term", "Voted for", "Votes", "Leader"]}
      >
        {electionSteps(election, previous).flatMap((step) =>
          step.members.map(({ id, term, votedFor, votes, leader }, i) => (
            <tr key={`${step.what} ${id}`} class={i === 0 ? "step" : ""}>
              {i === 0 && (
                <th scope="rowgroup" rowSpan={step.members.length}>
                  {step.what}
                  <br />
                  <small>{span(step)}</small>
                </th>
              )}
              <td class="nowrap">{nodeLabel(election, id)}</td>
              <td>{term}</td>
              <td>{votedFor}</td>
              <td>{votes}</td>
              <td>{leader}</td>
            </tr>
          )),
        )}
      </Table>
    </>
  );
}
