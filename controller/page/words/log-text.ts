/** The end of a log as it comes, in pieces that end anywhere. Pure. */

/** More than anybody reads, and less than a browser minds. */
const LINES_MAX = 5_000;

export class LogText {
  private complete: string[] = [];
  private begun = "";

  add(text: string): void {
    const [first = "", ...rest] = text.split("\n");
    const lines = [this.begun + first, ...rest];
    this.begun = lines.pop() ?? "";
    this.complete.push(...lines);
    if (this.complete.length > LINES_MAX) this.complete = this.complete.slice(-LINES_MAX);
  }

  /** @param search only lines with this in them, whatever its case; empty: all */
  lines(search: string): string {
    const wanted = search.toLowerCase();
    const all = this.begun === "" ? this.complete : [...this.complete, this.begun];
    const found = wanted === "" ? all : all.filter((line) => line.toLowerCase().includes(wanted));
    return found.join("\n");
  }
}
