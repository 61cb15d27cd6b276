/** What is said between those who know secret stores and those who can reach them. No secret's value is in any of it. */

/** One HTTP request to a store. */
export interface StoreRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Attacker-controlled, if the store is: `json` is whatever it answered, undefined when that was no JSON. */
export interface StoreAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** What is known of a file without opening it. */
export interface FileFacts {
  readonly kind: "file" | "link" | "other";
  readonly bytes: number;
  /** Others than its owner have some access to it. */
  readonly isOpen: boolean;
  readonly isReadable: boolean;
}
