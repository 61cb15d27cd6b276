/** What a row of the table of encodings is. */

/** A part of a text, and what it says once the encoding is undone. */
export interface Decoded {
  readonly text: string;
  /** Half-open span of the encoded part, in UTF-16 code units of the input. */
  readonly start: number;
  readonly end: number;
}

export interface Encoding {
  /** `name@version`: a change of meaning is a new version, so that old logs stay explainable. */
  readonly id: string;
  readonly undoes: string;
  /**
   * What undoing it once gives; nothing where the text does not carry it. A span over the whole input is a reading of
   * the whole; the others are runs within it, in order and apart from each other. Linear; all texts together are at
   * most four times the input and 4096 characters.
   */
  readonly decode: (text: string) => readonly Decoded[];
}
