import { expect, it } from "vitest";
import { TermGate } from "../../../agent-image/agent/api/term-gate.ts";

it("a controller of the highest term known may order, again and again", () => {
  const gate = new TermGate();
  for (const term of ["3", "3", "17", "17"]) expect(gate.refusal(term)).toBeNull();
});

it("one of a lower term is refused, and told of the higher one", () => {
  const gate = new TermGate();
  gate.refusal("17");
  const refusal = gate.refusal("16");
  expect(refusal).toMatchObject({ code: "LowerTerm" });
  expect(refusal?.message).toContain("term 17");
});

it("one that knows no terms is let pass, and lowers nothing", () => {
  const gate = new TermGate();
  gate.refusal("17");
  expect(gate.refusal(undefined)).toBeNull();
  expect(gate.refusal("16")).not.toBeNull();
});

it.each(["", "0", "-1", "1e3", " 5", "99999999999999999999", ["5", "6"]])(
  "what is no term is refused: %j",
  (text) => {
    expect(new TermGate().refusal(text)).toMatchObject({ code: "LowerTerm" });
  },
);
