/** Names that pass for one another have one skeleton; names that a reader tells apart have two. */
import { describe, expect, it } from "vitest";
import { skeletonOf } from "../../src/mmu/skeleton.js";

describe("skeletonOf", () => {
  it.each([
    ["capitals", "JOB_QUEUE"],
    ["a hidden character", "job\u200b_queue"],
    ["letters of full width", "ｊｏｂ＿ｑｕｅｕｅ"],
    ["small letters of other scripts", "\u0458\u043eb_q\u057d\u0435ue"],
    ["capitals that look like other letters than their small ones", "JO\u0412_QUEUE"],
    ["capitals that look like their small letters", "\u0408\u0555B_\u051a\u054dEUE"],
  ])("is that of job_queue in spite of %s", (_, name) => {
    expect(skeletonOf(name)).toBe("job_queue");
  });

  it.each(["job-queue", "jobqueue", "job_queue2", "jöb_queue"])("of %j is another", (name) => {
    expect(skeletonOf(name)).not.toBe(skeletonOf("job_queue"));
  });
});
