/** Holds one conversation of bytes with a server, and reads the answers. */
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { readAnswers } from "./answers.ts";
import type { Row } from "./table.ts";

interface Address {
  readonly ip: string;
  readonly port: number;
}

/** What a server says to a row of the table. */
export async function said(server: Address, row: Row) {
  const { answers, rest } = readAnswers(await converse(server, row), row.methods ?? ["GET"]);
  return { answers, rest };
}

/** Sends the row's pieces, each when the other side had its turn, and reads until the end. */
async function converse({ ip, port }: Address, row: Row): Promise<string> {
  const socket = connect(port, ip);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const whole = () => readAnswers(text, row.methods ?? ["GET"]).complete;
    if (row.until?.test(text) ?? (row.open === true && whole())) socket.destroy();
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "connect");
  socket.setNoDelay(true);
  for (const piece of [row.send].flat()) {
    socket.write(piece, "latin1");
    await turn();
  }
  if (row.half === true) socket.end();
  await closed;
  return text;
}
