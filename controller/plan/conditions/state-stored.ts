import { conditionPolicy } from "./policy.ts";

export const stateStored = conditionPolicy(
  { Stored: "True", StorageFailed: "False" },
  ({ input }) => {
    const { storageFailure } = input;
    if (storageFailure === undefined) return { reason: "Stored", message: "" };
    const message = `What the controller must remember of this cluster can't be stored, so nothing is done: ${storageFailure}`;
    return { reason: "StorageFailed", message };
  },
);
