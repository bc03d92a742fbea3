/** The stories tell what must be in them, for any seed; and the same for the same seed. */
import { describe, expect, it } from "vitest";
import { tellPaxos } from "../../simulation/stories/paxos.ts";
import { tellRaftElection } from "../../simulation/stories/raft-election.ts";
import { Story } from "../../simulation/stories/story.ts";

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

function told(tell: (story: Story, seed: number) => void, seed: number): string {
  let text = "";
  tell(new Story((part) => (text += part)), seed);
  return text;
}

interface Moment {
  readonly text: string;
  /** Cells of the table's lines, header included. */
  readonly rows: readonly (readonly string[])[];
}

function momentsOf(text: string): readonly Moment[] {
  return text
    .split(/\n\[\d+\] /)
    .slice(1)
    .map((part) => {
      const rows = part.split("\n").filter((line) => /^ {3}\S.* {3,}\S/.test(line));
      const cells = rows.map((line) => line.trim().split(/ {2,}/));
      return { text: part.replace(/\s+/g, " "), rows: cells };
    });
}

function leadersIn({ rows }: Moment): readonly string[] {
  return rows.filter((row) => row[1] === "leader").map(([id, , term]) => `${id} in ${term}`);
}

describe.each(SEEDS)("the story of an election, seed %i", (seed) => {
  const text = told(tellRaftElection, seed);
  const moments = momentsOf(text);

  it("has three leaders, of terms 2, 3 and 6, and never two at a time", () => {
    for (const moment of moments) expect(leadersIn(moment).length).toBeLessThanOrEqual(1);
    const leaders = new Set(moments.flatMap(leadersIn));
    expect([...leaders].map((l) => l.split(" ")[2])).toEqual(["2", "3", "6"]);
    expect(new Set([...leaders].map((l) => l.split(" ")[0])).size).toBe(3);
    expect(text).toContain("0 violations");
  });

  it("has the vote split in two terms, two votes against two, before one wins", () => {
    const splits = moments.filter((m) => m.text.includes("The vote is split"));
    expect(splits.map((m) => /term (\d) has no leader/.exec(m.text)?.[1])).toEqual(["4", "5"]);
    for (const { rows } of splits) {
      const candidates = rows.filter((row) => row[1] === "candidate");
      expect(candidates.map((row) => row[4])).toEqual(["2 of 5", "2 of 5"]);
      const votes = rows.map((row) => row[3]).filter((vote) => /^n\d$/.test(vote ?? ""));
      expect(new Set(votes)).toEqual(new Set(candidates.map((row) => row[0])));
    }
    const winner = moments.at(-1)?.rows.find((row) => row[1] === "leader");
    expect(winner?.slice(2, 5)).toEqual(["6", winner?.[0], "3 of 5"]);
  });
});

describe.each(SEEDS)("the story of Paxos, seed %i", (seed) => {
  const text = told(tellPaxos, seed);
  const moments = momentsOf(text);
  const chosen = /(\w+) is chosen, for good/.exec(text.replace(/\s+/g, " "))?.[1] ?? "";

  it("lets the higher number win, and the late proposer adopt what was accepted", () => {
    const refusals = moments.filter((m) =>
      m.text.includes("refuses the proposal 1.A: it promised 1.B"),
    );
    expect(refusals).toHaveLength(1);
    const adopts = moments.filter((m) => m.text.includes("it must adopt the one of the highest"));
    expect(adopts).toHaveLength(1);
    expect(adopts[0]?.text).toContain(`it proposes ${chosen} under 2.A`);
    const [, wants] = adopts[0]?.rows.find((row) => row[0] === "A") ?? [];
    expect(wants).not.toBe(chosen);
  });

  it("ends with one value, accepted everywhere and known to all", () => {
    const accepted = moments.at(-1)?.rows.filter((row) => row[0]?.startsWith("acceptor "));
    expect(accepted?.map((row) => row.slice(1))).toEqual(
      [1, 2, 3].map(() => ["2.A", "2.A", chosen]),
    );
    const summary = text.replace(/\s+/g, " ");
    expect(summary).toContain(`Chosen: ${chosen}. Learned: ${chosen}. Done: A and B`);
    expect(summary).toContain("0 violations");
  });
});

describe.each([
  ["raft-election", tellRaftElection],
  ["paxos", tellPaxos],
])("the story %s", (_, tell) => {
  it("is the same for the same seed, and another for others", () => {
    expect(told(tell, 1)).toBe(told(tell, 1));
    expect(new Set(SEEDS.map((seed) => told(tell, seed))).size).toBeGreaterThan(SEEDS.length / 2);
  });

  it("is plain text in 100 columns", () => {
    for (const line of told(tell, 1).split("\n")) {
      expect(line).toMatch(/^[ -~]{0,100}$/);
      expect(line).toBe(line.trimEnd());
    }
  });
});
