import { describe, expect, it } from "vitest";
import { shortDuration } from "../../../controller/cli/render/units.ts";
import { EventLog } from "../../../controller/cli/render/event-log.ts";
import { renderFields, renderTable } from "../../../controller/cli/render/table.ts";
import { event } from "./cluster-fixture.ts";

describe("renderTable", () => {
  it("aligns columns by what is seen, not by colour codes, and leaves no blanks at the end", () => {
    const rows = [
      ["\u001b[31mred\u001b[39m", "1", ""],
      ["longer", "22", "x"],
    ];
    expect(renderTable(["NAME", "N", "MESSAGE"], rows)).toBe(
      "NAME     N    MESSAGE\n\u001b[31mred\u001b[39m      1\nlonger   22   x\n",
    );
  });

  it("aligns the values of fields and indents their further lines", () => {
    const text = renderFields([
      ["Name", "lab"],
      ["Labels", "a=1\nb=2"],
    ]);
    expect(text).toBe("Name:    lab\nLabels:  a=1\n         b=2\n");
  });
});

describe("shortDuration", () => {
  it.each([
    [0, "0s"],
    [-5, "0s"],
    [119_999, "119s"],
    [120_000, "2m"],
    [330_000, "5m30s"],
    [45 * 60_000, "45m"],
    [200 * 60_000, "3h20m"],
    [30 * 3_600_000, "30h"],
    [5 * 86_400_000, "5d"],
    [Number.NaN, "<unknown>"],
  ])("%d ms is %s", (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });
});

describe("EventLog", () => {
  it("tells an event once, and again when it has happened again", () => {
    const log = new EventLog();
    const first = event("slot 1 leads");
    expect(log.news("default/lab", [first])).toEqual([first]);
    expect(log.news("default/lab", [first])).toEqual([]);
    const again = event("slot 1 leads", { count: 2 });
    expect(log.news("default/lab", [again])).toEqual([again]);
    expect(log.news("default/other", [first])).toEqual([first]);
  });
});
