/**
 * What a spec file may cost to read. The YAML composer is recursive and compares every two keys of
 * a mapping, so a small hostile (or broken) text can exhaust the stack or take minutes: it is
 * measured on the tokens, which are made in linear time, before it is composed.
 */
import { CST, Lexer } from "yaml";

export const FILE_BYTES_MAX = 1024 * 1024;
/** A JupyterCluster with every field written out and commented has about 700. */
const TOKENS_MAX = 50_000;
/** The contract itself is 6 levels deep. */
const DEPTH_MAX = 40;
export const DOCUMENTS_MAX = 64;

export interface Excess {
  /** Offset in the text, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** The first place at which the text is too much to be read, or null. */
export function tooManyTokens(text: string): Excess | null {
  let count = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    count += 1;
    if (count > TOKENS_MAX) {
      const message = `The file is too large: it has more than ${TOKENS_MAX} YAML tokens.`;
      return { offset, message };
    }
    // The lexer's marks (document start, flow end, scalar) take no room in the text.
    if (!ZERO_WIDTH.has(token)) offset += token.length;
  }
  return null;
}

const ZERO_WIDTH: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** The same for the nesting of one document. */
export function tooDeep(document: CST.Document): Excess | null {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  if (document.value) open.push({ token: document.value, depth: 1 });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > DEPTH_MAX) {
      const message = `The file is nested too deeply: more than ${DEPTH_MAX} levels.`;
      return { offset: token.offset, message };
    }
    if (!("items" in token)) continue;
    for (const item of token.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}
