/**
 * Which controller's orders count. Every time another controller begins to act, its term is a higher
 * one; an order of a lower term comes from a former one that does not know yet, or was paused.
 */
import { TERM_HEADER } from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";

export class TermGate {
  private highest = 0;

  /**
   * @param text of the header; undefined: the controller has none (release 0.1.0), and is let pass
   * @returns null: whoever sends this may order
   */
  refusal(text: string | readonly string[] | undefined): AgentRefusal | null {
    if (text === undefined) return null;
    const term = typeof text === "string" && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
    if (term === null || !Number.isSafeInteger(term)) {
      return { code: "LowerTerm", message: `${TERM_HEADER} must be a whole number above 0` };
    }
    if (term < this.highest) {
      const message = `a controller of term ${this.highest} acts, and this order is of term ${term}`;
      return { code: "LowerTerm", message };
    }
    this.highest = term;
    return null;
  }
}
