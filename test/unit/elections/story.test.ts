import { describe, expect, test } from "vitest";
import { electionStories, electionsTable } from "../../../controller/cli/render/election-text.ts";
import type { Election } from "../../../controller/model/election.ts";
import { electionsTold, FIVE, QUORUM, SPLIT, THREE } from "../plan/elections/captured.ts";

const MINUTES_LATER = 5 * 60_000;

function storiesOf(elections: readonly Election[], latest = elections.length): string {
  const [first] = elections;
  const now = Date.parse(first?.startedAt ?? "") + MINUTES_LATER;
  return electionStories(elections, latest, now);
}

/** The rows of the step of that name, without the column of the step. */
function step(story: string, name: string): string[] {
  const lines = story.split("\n");
  const from = lines.findIndex((line) => new RegExp(`^  \\+.* ${name} +`).test(line));
  const column = lines[from]?.search(/slot \d/) ?? 0;
  const rows = lines.slice(from, lines.indexOf("", from));
  return rows.map((row) => row.slice(column).replaceAll(/ {2,}/g, "  "));
}

describe("the story of an election", () => {
  test("that was split and held again, step by step", async () => {
    await expect(storiesOf(electionsTold(SPLIT))).toMatchFileSnapshot("golden/split.txt");
  });

  test("in which the leader handed over", async () => {
    const story = storiesOf(electionsTold(THREE).slice(1, 2));
    await expect(story).toMatchFileSnapshot("golden/transfer.txt");
  });

  test("with two candidates says for whom each member voted", () => {
    const story = storiesOf(electionsTold(FIVE), 1);
    expect(step(story, "votes")).toEqual([
      "slot 0 (lab-0)  3  slot 0  1/3  -",
      "slot 1 (lab-1)  3  slot 2  -  -",
      "slot 2 (lab-2)  3  slot 2  3/3  -",
      "slot 3 (lab-3)  3  slot 2  -  -",
      "slot 4 (lab-4)  ?  ?  ?  ?",
    ]);
    expect(step(story, "pre-vote")[1]).toBe("slot 1 (lab-1)  2  (slots 0, 1, 2)  (1/3)  -");
  });

  test("tells a member that was away only what it learned", () => {
    const story = storiesOf(electionsTold(THREE), 1);
    expect(story).toContain("+2..454 ms leader known");
    expect(step(story, "leader known")[0]).toBe("slot 0 (lab-0)  6  -  -  slot 2");
    expect(step(story, "leader lost")).toEqual([
      "slot 0 (lab-0)  5  -  -  -",
      "slot 1 (lab-1)  5  -  -  lost slot 0",
      "slot 2 (lab-2)  5  -  -  lost slot 0",
    ]);
  });

  test("of a leader without a quorum says that it stepped down", () => {
    const story = storiesOf(electionsTold(QUORUM), 1);
    expect(story).toContain(
      "  Why:   slot 1 (lab-1), the leader in term 2, stepped down: it heard no quorum\n",
    );
    expect(step(story, "steps down")[1]).toBe("slot 1 (lab-1)  2  -  -  lost slot 1");
  });

  test("that goes on says since when there is no leader", () => {
    const [, split] = electionsTold(SPLIT) as [Election, Election];
    const pending = { ...split, candidates: [], votes: [], preVotes: [] };
    expect(storiesOf([pending])).toContain("Term 3, 5m ago: no leader for 5m\n");
  });

  test("is at most 100 columns wide, whatever the names", () => {
    const longer = [...electionsTold(FIVE), ...electionsTold(SPLIT)].map((election) => ({
      ...election,
      members: election.members.map((m, i) => ({
        ...m,
        slot: i === 1 ? null : i + 100,
        name: `a-cluster-with-a-name-that-nobody-wants-to-type-${i}`,
      })),
    }));
    const slow = longer.map((e) => ({
      ...e,
      learned: e.learned.map((m, i) => ({ ...m, atMs: i * 123_456 })),
    }));
    const lines = storiesOf(slow).split("\n");
    const table = lines.filter((line) => line.startsWith("  ") && !/^ {2}(Why|When):/.test(line));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.some((line) => /slot 100 \(….*-0\)/.test(line))).toBe(true);
  });
});

test("the summary has one election a line, the newest first", () => {
  const now = Date.parse("2026-11-25T02:57:43.153Z");
  expect(electionsTable(electionsTold(SPLIT), now).split("\n")).toEqual([
    "TERM   AGE     WHY              VOTES                                      LEADER   TOOK",
    "4      4m59s   leader lost      slot 1 2/2 (slots 1, 2)                    slot 1   972ms",
    "3      4m59s   leader lost      slot 1 1/2 (slot 1), slot 2 1/2 (slot 2)   <none>   -",
    "2      5m      first election   slot 0 3/2 (slots 0, 1, 2)                 slot 0   2ms",
    "",
  ]);
});
