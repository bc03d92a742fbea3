import { conditionPolicy } from "./policy.ts";

/** So many problems are told; the rest shows when these are mended. */
const PROBLEMS_MAX = 5;

export const specValid = conditionPolicy(
  { Accepted: "True", Refused: "False", FileRemoved: "Unknown" },
  ({ input }) => {
    const { problems, fileRemoved, cluster } = input.memory;
    const errors = problems.filter((p) => p.severity === "error");
    if (errors.length > 0) {
      const lines = errors.slice(0, PROBLEMS_MAX).map((p) => {
        const place = [p.file, p.line, p.column].filter((x) => x !== null).join(":");
        return [place, p.field, p.message].filter(Boolean).join(": ");
      });
      const told = lines.join("; ");
      const message = `${told.endsWith(".") ? told : `${told}.`} The last good spec stays in force.`;
      return { reason: "Refused", message };
    }
    if (fileRemoved) {
      const kept = cluster.spec.deletionPolicy === "Retain";
      const message = kept
        ? "The spec file is gone; deletionPolicy Retain keeps the cluster as it was."
        : "The spec file is gone; deletionPolicy Delete removes the cluster.";
      return { reason: "FileRemoved", message };
    }
    const warnings = problems.map((p) => [p.field, p.message].filter(Boolean).join(": "));
    return { reason: "Accepted", message: warnings.join("; ") };
  },
);
