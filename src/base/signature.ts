/** Signature checks, handed in to the pure rooms as digests are (base/digest.ts). */

/** Ed25519 (RFC 8032): false for anything but a valid signature over the UTF-8 statement. Keys and signatures are hex. */
export type VerifySignature = (publicKeyHex: string, statement: string, signatureHex: string) => boolean;
