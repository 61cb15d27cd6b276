/** The sorts of keys that an index hashes; keys of different sorts never meet. */
export const LEAF_SORT = 1;
export const WORD_SORT = 2;
export const TOKEN_SORT = 3;
export const TYPED_SORT = 4;
