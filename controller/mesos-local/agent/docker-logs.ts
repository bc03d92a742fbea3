/**
 * Splits Docker's multiplexed log stream: 8 bytes of header (stream, 0, 0, 0, big-endian length)
 * before each piece (Engine API, "Attach to a container"). A terminal's output has no headers and
 * counts as stdout.
 */
export function demultiplex(raw: Buffer): { stdout: Buffer; stderr: Buffer } {
  const pieces: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let at = 0;
  while (at < raw.length) {
    const stream = raw[at] as number;
    const isHeader = at + 8 <= raw.length && stream <= 2 && raw.readUIntBE(at + 1, 3) === 0;
    if (!isHeader) return { stdout: raw, stderr: Buffer.alloc(0) };
    const length = raw.readUInt32BE(at + 4);
    pieces[stream === 2 ? "stderr" : "stdout"].push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { stdout: Buffer.concat(pieces.stdout), stderr: Buffer.concat(pieces.stderr) };
}
