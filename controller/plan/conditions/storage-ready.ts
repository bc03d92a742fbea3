import { everyNodePolicy } from "./every-node.ts";

export const storageReady = everyNodePolicy(({ storage }) =>
  storage.ready ? null : storage.message,
);
