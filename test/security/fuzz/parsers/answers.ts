/** The parser of what a notebook server answers to the proxy. */
import fc from "fast-check";
import { AnswerError } from "../../../../controller/proxy/pool/answer-head.ts";
import { AnswerReader } from "../../../../controller/proxy/pool/answer-reader.ts";
import { ANSWERS as TABLE } from "../../../unit/proxy/answers.ts";
import { editedBytes, inPieces, pieceSizes } from "../inputs.ts";
import { type Parser, parser, refusing, requireSame } from "./parser.ts";

const VALID = Object.values(TABLE).map(([text]) => Buffer.from(text, "latin1"));

/** What is said of it, the body as one; null: it was refused. */
function said(pieces: readonly Buffer[]): readonly unknown[] | null {
  const heads: unknown[] = [];
  const body: Buffer[] = [];
  const reader = new AnswerReader({
    onHead: (head) => heads.push(head),
    onBody: (bytes) => body.push(Buffer.from(bytes)),
    onEnd: (trailers) => heads.push(trailers),
  });
  reader.begin();
  const done = refusing(() => {
    for (const piece of pieces) reader.take(piece);
    reader.close();
    return true;
  }, AnswerError);
  return done === undefined ? null : [...heads, Buffer.concat(body).toString("latin1")];
}

const answers = parser(
  "a server's answers",
  fc.tuple(editedBytes(...VALID), pieceSizes),
  ([bytes, sizes]) => {
    requireSame("the answer, in pieces", said(inPieces(bytes, sizes)), said([bytes]));
  },
  (size) => () => {
    const head = `HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(size / 6)}\r\n`;
    return said(inPieces(Buffer.from(head), [3]));
  },
);

export const ANSWERS: readonly Parser[] = [answers];
