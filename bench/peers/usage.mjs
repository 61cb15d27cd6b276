// Preloaded into a process that is measured: what it has used, told on descriptor 3 when it ends.
import { writeSync } from "node:fs";

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpu_ms: (userCPUTime + systemCPUTime) / 1000, rss_mib: maxRSS / 1024 }));
});
