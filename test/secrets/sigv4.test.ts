/** Requests to AWS are signed as AWS says: the case `post-vanilla` of its own test suite. */
import { expect, test } from "vitest";
import { signedHeaders } from "../../src/secrets/sigv4.js";

const CALL = {
  ...{ url: new URL("https://example.amazonaws.com/"), service: "service", region: "us-east-1" },
  ...{ headers: {}, body: "", at: Date.UTC(2015, 7, 30, 12, 36, 0) },
};
const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }; // agentk:allow-secret the example of the documentation of AWS

test("post-vanilla", () => {
  expect(signedHeaders(CALL, { ...KEYS, sessionToken: undefined })["authorization"]).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  );
});
