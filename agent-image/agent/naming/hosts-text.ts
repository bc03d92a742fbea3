/** Text of /etc/hosts. Pure. */
import { nodeName, slotHostname } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";

const BEGIN = "# jupyter-cluster begin";
const END = "# jupyter-cluster end";
/** One page: what a reader gets with its first read. */
const LENGTH_MIN = 4096;
const PADDING_LINE_CHARS = 100;

/**
 * The file with our block in it: other lines stay where they are, the block comes last. The result
 * is padded with blanks and never shorter than `current`, so that it can be written over the file
 * in one piece without ever truncating it.
 */
export function renderHosts(current: string, cluster: string, table: HostsTable): string {
  const block = [
    BEGIN,
    ...table.names.map(
      ({ slot, index, ip }) => `${ip}\t${nodeName(cluster, index)} ${slotHostname(cluster, slot)}`,
    ),
    END,
  ];
  const text = [...foreignLines(current), ...block, ""].join("\n");
  return pad(text, Math.max(LENGTH_MIN, Buffer.byteLength(current)));
}

/** What is not ours: localhost, the container's own line, what a user added. */
function foreignLines(text: string): string[] {
  const lines: string[] = [];
  let ours = false;
  for (const line of text.split("\n")) {
    if (line === BEGIN) ours = true;
    if (!ours && line.trim() !== "") lines.push(line);
    if (line === END) ours = false;
  }
  return lines;
}

/** Short lines of blanks: a resolver's line buffer need not grow for them. */
function pad(text: string, length: number): string {
  let rest = Math.max(0, length - Buffer.byteLength(text));
  let padding = "";
  while (rest > 0) {
    const blanks = Math.min(rest - 1, PADDING_LINE_CHARS);
    padding += `${" ".repeat(blanks)}\n`;
    rest -= blanks + 1;
  }
  return text + padding;
}
