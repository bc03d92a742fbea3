/** `identity.json`: whose data lies in the data directory, and how far it had come. */
import { Checker, CheckError } from "../system/checker.ts";

export interface Identity {
  /** Hex. */
  readonly memberId: string;
  /** Hex. */
  readonly clusterId: string;
  /** The highest known; the data may be ahead by what came in the last seconds. */
  readonly raftIndex: number;
  readonly raftTerm: number;
  /** The order that made this member the only one; it is carried out once. */
  readonly forcedBy?: string;
}

/** @returns null when it is not what we wrote: then nothing is known, which is no error */
export function parseIdentity(text: string): Identity | null {
  try {
    const root = new Checker(JSON.parse(text), "identity");
    const forcedBy = root.check(
      "forcedBy",
      "a string or absent",
      (v) => v === undefined || typeof v === "string",
    ) as string | undefined;
    return {
      memberId: root.string("memberId", /^[0-9a-f]{1,16}$/),
      clusterId: root.string("clusterId", /^[0-9a-f]{1,16}$/),
      raftIndex: root.integer("raftIndex", 0, Number.MAX_SAFE_INTEGER),
      raftTerm: root.integer("raftTerm", 0, Number.MAX_SAFE_INTEGER),
      ...(forcedBy === undefined ? {} : { forcedBy }),
    };
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}
