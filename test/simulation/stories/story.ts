/** Plain text for a reader: chapters, numbered moments, sentences and tables, in 100 columns. */
import { renderTable } from "../../../controller/cli/render/table.ts";

const WIDTH = 98;
const INDENT = "   ";

export class Story {
  private moments = 0;

  /** @param write takes whole lines */
  constructor(private readonly write: (text: string) => void) {}

  chapter(title: string): void {
    this.write(`\n${title}\n${"=".repeat(title.length)}\n`);
  }

  paragraph(text: string): void {
    this.write(`\n${wrapped(text, "")}`);
  }

  /** What happened at one moment, and how things stand after it. */
  moment(atMs: number, sentences: readonly string[], tables: readonly Table[]): void {
    this.moments += 1;
    this.write(`\n[${this.moments}] +${(atMs / 1000).toFixed(3)} s\n`);
    for (const sentence of sentences) this.write(wrapped(sentence, INDENT));
    for (const { header, rows } of tables) this.write(`\n${indented(renderTable(header, rows))}`);
  }
}

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, INDENT);
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > WIDTH && line !== indent) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return `${[...lines, line].join("\n")}\n`;
}
