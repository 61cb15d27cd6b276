/** What a client says beside its requests: claims, which are recorded, and its user's words, where the policy takes them. */
import { openPayload, type Claims } from "../abi/request.js";
import { canonicalJson } from "../base/canonical.js";
import type { TakenClaims } from "./methods/claims.js";
import { USER_PAGE, type RelayParts } from "./relay-parts.js";

/** How many of the user's texts are remembered, so that a host that repeats the prompt with every call makes one page. */
const MAX_HEARD = 64;

export class Claimed {
  private readonly parts: Pick<RelayParts, "dispatch" | "identity" | "isPromptTrusted">;
  private readonly track: (work: Promise<void>) => void;
  /** What the user said in this session, the latest last. */
  private readonly heard = new Set<string>();

  /** `track`: work that must be over before the run is. */
  constructor(parts: Claimed["parts"], track: Claimed["track"]) {
    this.parts = parts;
    this.track = track;
  }

  /** What is recorded as claimed. A prompt that may be believed is no claim, and becomes a page here and now. */
  take(taken: TakenClaims | undefined): Claims | undefined {
    if (taken === undefined) return undefined;
    const { labels, capabilities, intent, prompt } = taken;
    const isBelieved = prompt !== undefined && this.parts.isPromptTrusted;
    if (isBelieved) this.hear(prompt);
    // One that may not is counted as a capability that the client says it has: to speak for the user.
    const counted = capabilities + (prompt === undefined || isBelieved ? 0 : 1);
    if (isBelieved && labels.length + counted === 0 && intent === undefined) return undefined;
    const sealed = intent === undefined ? {} : { intent: openPayload(canonicalJson(intent)) };
    return { labels, capabilities: counted, ...sealed };
  }

  /**
   * INVARIANT: nothing is awaited between this and the decision on the request that brought the words. The dispatch
   * takes its inputs in the order they are made, so the page stands before the request; one that cannot be recorded
   * ends the recording, and the request is denied.
   */
  private hear(words: string): void {
    const isKnown = this.heard.delete(words);
    this.heard.add(words);
    if (isKnown) return;
    const [oldest] = this.heard;
    if (this.heard.size > MAX_HEARD && oldest !== undefined) this.heard.delete(oldest);
    const content = openPayload(canonicalJson(words));
    const { dispatch, identity } = this.parts;
    this.track(dispatch.page({ session: identity.session, ...USER_PAGE, content }).then(() => undefined));
  }
}
