/** Events of elections, as the members of real clusters logged them. */
import type { Election } from "../../../../controller/model/election.ts";
import { electionEvents } from "../../../../controller/plan/elections/events.ts";
import { electionsTold, FIVE, QUORUM, SPLIT } from "../elections/captured.ts";
import type { EventTable } from "./event-table.ts";

const told = (members: readonly string[]) => () => electionEvents([], electionsTold(members));

/** The first candidate of five gets no vote but its own, and another wins later. */
function failed() {
  const [first, second] = electionsTold(FIVE) as [Election, Election];
  const alone = {
    ...first,
    leaderId: null,
    candidates: first.candidates.slice(0, 1),
    votes: first.votes.slice(0, 1),
  };
  return electionEvents([alone], [alone, second]);
}

export const ELECTION_EVENTS = {
  LeaderElected: {
    "a member wins": [
      told(SPLIT),
      "Normal",
      "slot 0 leads etcd in term 2: 3 of 3 votes (slots 0, 1, 2), the first election",
      "slot 1 (lab-1 before) leads etcd in term 4: 2 of 3 votes (slots 1, 2), 972 ms after slot 0 was lost",
    ],
  },
  LeaderLost: {
    "a leader is heard no more": [
      told(SPLIT),
      "Warning",
      "slot 0 (lab-0), etcd's leader in term 2, is heard no more",
    ],
    "a leader steps down": [
      told(QUORUM),
      "Warning",
      "slot 1 (lab-1), etcd's leader in term 2, steps down: it hears no quorum",
    ],
  },
  ElectionSplit: {
    "several stand and none wins": [
      told(SPLIT),
      "Warning",
      "nobody won term 3: slot 1 got 1 of 2, slot 2 got 1 of 2 votes needed",
    ],
  },
  ElectionFailed: {
    "one stands and does not win": [
      failed,
      "Warning",
      "nobody won term 2: slot 4 got 1 of 3 votes needed",
    ],
  },
} satisfies EventTable;
