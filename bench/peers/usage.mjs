// Preloaded into a process that is measured: what it has used, told on descriptor 3 when it ends.
import { readFileSync, writeSync } from "node:fs";

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpu_ms: (userCPUTime + systemCPUTime) / 1000, rss_mib: (peakKib() ?? maxRSS) / 1024 }));
});

/** Linux counts in `maxRSS` what the process held before it became this program: the memory of the bench itself. */
function peakKib() {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return undefined;
  }
}
