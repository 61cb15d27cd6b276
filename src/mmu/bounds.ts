/** Every bound of provenance, each with its reason. Sizes are UTF-16 code units unless said otherwise. */

/** Leaves read out of one value; the rest becomes one leaf of joined text. The largest honest listings have some 5 000. */
export const MAX_LEAVES = 20_000;

/** The path of one leaf; no pattern is longer. What stands deeper or under a longer name is of the rest. */
export const MAX_PATH_CHARS = 1024;

/** The paths of all leaves of a value together: an honest one of MAX_LEAVES leaves stays far below. */
export const MAX_PATHS_CHARS = 4 * 1024 * 1024;

/** JSON within JSON within JSON: servers wrap twice at most. */
export const MAX_JSON_TEXT_DEPTH = 3;

/** A string leaf longer than this is not parsed as JSON. It is the bound of a whole message. */
export const MAX_JSON_TEXT_CHARS = 10 * 1024 * 1024;

/** A value token longer than this is cut out of consideration; URLs of 2 000 are already refused by many programs. */
export const MAX_TOKEN_CHARS = 2048;

/** Tokens reported for one text given by a caller; the index itself takes all of them. */
export const MAX_TOKENS = 10_000;

/** A number or date as text. The longest honest form (RFC 3339 with offset and nanoseconds) has 35. */
export const MAX_SCALAR_CHARS = 40;

/** Classes of lost leaves that are remembered; their labels are joined whatever their number. */
export const MAX_EVICTED_CLASSES = 64;

/** Text kept in a memory, in bytes as charged (see LEAF_COST); design.md section 4 asks for a stated bound. */
export const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/** Generations that a full memory is made of: the grain of eviction, and the factor of a look-up's cost at worst. */
export const GENERATIONS = 8;

/** The share of a memory that pinned pages may fill: the rest stays for what is read. */
export const MAX_PINNED_SHARE = 0.5;

/** Charged for each leaf beside its text, so that millions of tiny leaves are bounded, too. */
export const LEAF_COST = 64;

/** A run shared with a page is a flow from this length on: shorter ones are coincidence (design.md section 4). */
export const RUN_CHARS = 48;

/** Grams are cut at every STRIDE-th position. */
export const STRIDE = 16;

/** GRAM_CHARS + STRIDE - 1 = RUN_CHARS, so every run holds a whole gram. */
export const GRAM_CHARS = RUN_CHARS - STRIDE + 1;

/** Places remembered for one gram and one kind of leaf; beyond it the gram alone counts as a run (fail closed). */
export const GRAM_PLACES = 4;

/** Places tried for a run of words; beyond it the labels of all that are left are taken (fail closed). */
export const MAX_CANDIDATES = 1024;

/** Words of a whole leaf that is looked for inside longer text. */
export const MAX_LEAF_WORDS = 8;

/** An argument is compared up to this length; what is longer is composed text with the session's labels. */
export const MAX_ARGUMENT_CHARS = 1024 * 1024;

/** Origins named in one answer. */
export const MAX_ORIGINS = 4;
