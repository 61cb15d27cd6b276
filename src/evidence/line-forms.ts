/**
 * The forms that the lines of a log have. A log says much the same on most of its lines: a line that has the form of one
 * that decodeLine has accepted is read by one regular expression, four times quicker than JSON is parsed (Node 20.20).
 */
import type { JsonValue } from "../base/json.js";
import { EVENT_SHAPES, type EventType, type FlightLine } from "../abi/event.js";
import { LineForm, NUMBER, skeletonOf, type Head, type Reading } from "./line-form.js";

/** What stands before the value of a line, member for member in RFC 8785 order. */
function headOf(type: EventType): Head {
  const source =
    `\\{"hash":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","seq":${NUMBER},` +
    `"time":\\{"mono_us":${NUMBER},"wall_ms":${NUMBER}\\},"type":"${type}","value":`;
  return { source, groups: 5 };
}

/** Where the type of a line stands at the earliest: behind its two hashes. */
const TYPE = '"type":"';
const TYPE_FROM = 147;

/** Longer lines are few. */
const MAX_FORM_CHARS = 16_384;

/** Text compiled to expressions, of one log in all: a log without two lines alike costs no more than this. */
const MAX_COMPILED_CHARS = 512 * 1024;

/** Forms tried on a line before JSON is parsed: those of its type and about its length, the last that fitted first. */
const MAX_TRIED = 8;
const LENGTH_STEP = 64;

/** Memory is bounded by MAX_COMPILED_CHARS. */
export class LineForms {
  private readonly bySkeleton = new Map<string, LineForm>();
  /** By type and length. */
  private readonly byPlace = new Map<string, LineForm[][]>();
  private left = MAX_COMPILED_CHARS;

  /**
   * The event that a line states, when it has a known form. INVARIANT: then it is canonical, and of its type's shape; its
   * hash is for the caller to check.
   */
  read(line: string): FlightLine | undefined {
    const from = line.indexOf(TYPE, TYPE_FROM) + TYPE.length;
    const type = line.slice(from, line.indexOf('"', from));
    const forms = this.byPlace.get(type)?.[lengthOf(line)];
    if (forms === undefined) return undefined;
    for (let i = 0; i < forms.length; i++) {
      const read = forms[i]?.read(line);
      if (read === undefined) continue;
      if (i > 0) toFront(forms, i);
      return eventOf(type, read);
    }
    return undefined;
  }

  /** Takes the form of a line that decodeLine has accepted as this event, and that had no known one. */
  learn(line: string, { type, value }: { readonly type: EventType; readonly value: unknown }): void {
    // A text with an escape is never read by its form.
    if (line.length > MAX_FORM_CHARS || this.left < line.length || line.includes("\\")) return;
    const form = this.formOf(line, type, value as JsonValue);
    const places = this.byPlace.get(type) ?? [];
    const forms = (places[lengthOf(line)] ??= []);
    if (!forms.includes(form)) forms.splice(0, forms.length < MAX_TRIED ? 0 : 1, form);
    this.byPlace.set(type, places);
  }

  private formOf(line: string, type: EventType, value: JsonValue): LineForm {
    const skeleton = `${type} ${skeletonOf(value)}`;
    const known = this.bySkeleton.get(skeleton);
    if (known === undefined) {
      const form = new LineForm(headOf(type), value, EVENT_SHAPES[type]);
      this.bySkeleton.set(skeleton, form);
      this.left -= line.length;
      return form;
    }
    if (known.widen(value)) this.left -= line.length;
    return known;
  }
}

function eventOf(type: string, { groups, value }: Reading): FlightLine {
  const [, hash = "", prev = "", seq, mono_us, wall_ms] = groups;
  const time = { mono_us: Number(mono_us), wall_ms: Number(wall_ms) };
  return { hash, prev, seq: Number(seq), time, type, value } as FlightLine;
}

/** INVARIANT: below MAX_FORM_CHARS / LENGTH_STEP for every line that has a form. */
function lengthOf(line: string): number {
  return Math.floor(line.length / LENGTH_STEP);
}

function toFront(list: LineForm[], index: number): void {
  const [item] = list.splice(index, 1);
  if (item !== undefined) list.unshift(item);
}
