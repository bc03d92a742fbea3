/** Who votes and who only listens. Pure. */
import type { Configuration, ConfigurationChange, NodeId } from "./types.ts";

export const NOBODY: Configuration = { voters: [], learners: [] };

export function quorumOf(configuration: Configuration): number {
  return Math.floor(configuration.voters.length / 2) + 1;
}

export function membersOf({ voters, learners }: Configuration): readonly NodeId[] {
  return [...voters, ...learners];
}

/** A change that is already in force changes nothing. */
export function withChange(
  configuration: Configuration,
  { type, id }: ConfigurationChange,
): Configuration {
  const voters = configuration.voters.filter((v) => v !== id);
  const learners = configuration.learners.filter((l) => l !== id);
  switch (type) {
    case "add-voter":
      return { voters: [...voters, id].sort(), learners };
    case "add-learner":
      return configuration.voters.includes(id)
        ? configuration
        : { voters, learners: [...learners, id].sort() };
    case "promote":
      return configuration.learners.includes(id)
        ? { voters: [...voters, id].sort(), learners }
        : configuration;
    case "remove":
      return { voters, learners };
  }
}
