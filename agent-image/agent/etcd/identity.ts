/** `identity.json`: what became of the member in the data directory that its data does not say. */
import { Checker, CheckError } from "../../../controller/support/checker.ts";

export interface Identity {
  /** Hex. */
  readonly memberId: string;
  /** Hex. */
  readonly clusterId: string;
  /** The command that made this member the only one; it is carried out once. */
  readonly forcedBy: string;
}

/** @returns null when it is not what we wrote: then nothing is known, which is no error */
export function parseIdentity(text: string): Identity | null {
  try {
    const root = new Checker(JSON.parse(text), "identity");
    return {
      memberId: root.string("memberId", /^[0-9a-f]{1,16}$/),
      clusterId: root.string("clusterId", /^[0-9a-f]{1,16}$/),
      forcedBy: root.string("forcedBy", /^[\x21-\x7e]{1,300}$/),
    };
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}
