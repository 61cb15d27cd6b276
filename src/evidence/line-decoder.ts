/** Reads the lines of one log, quicker the more alike they are: what decodeLine says, of every line. */
import type { Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import type { FlightLine } from "../abi/event.js";
import { decodeLine, HASH_MISMATCH, hashOfLine, type LineFault } from "./codec.js";
import { LineForms } from "./line-forms.js";

/** Lines before there is anything to be learned: a short log is read sooner than an expression for it is compiled. */
const LEARN_AFTER = 64;

export class LineDecoder {
  private read = 0;
  private readonly digests: Digests;
  private readonly forms = new LineForms();

  constructor(digests: Digests) {
    this.digests = digests;
  }

  /** INVARIANT: the same as decodeLine of this line, whatever lines came before it. Attacker-controlled: the line. */
  decode(line: string): Result<FlightLine, LineFault> {
    const known = this.forms.read(line);
    if (known !== undefined) return hashOfLine(this.digests, line) === known.hash ? ok(known) : err(HASH_MISMATCH);
    const read = decodeLine(this.digests, line);
    if (read.ok && ++this.read > LEARN_AFTER) this.forms.learn(line, read.value);
    return read;
  }
}
