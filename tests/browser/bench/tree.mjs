// What a process and all its descendants use, as Linux counts it. Nothing else knows of /proc.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Parent and processor time (ticks) of every process. */
function snapshot() {
  const all = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in brackets may hold anything, brackets and spaces too.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      all.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch { /* ended meanwhile */ }
  }
  return all;
}

function descendants(all, root) {
  const tree = new Set([root]);
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const [pid, { parent }] of all) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree].filter((pid) => all.has(pid));
}

function proportionalKb(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Begins to count; the function returned gives % of one core since then and MiB (PSS) now. */
export function meter(root) {
  const since = process.hrtime.bigint();
  const all = snapshot();
  const before = new Map(descendants(all, root).map((pid) => [pid, all.get(pid).ticks]));
  return () => {
    const seconds = Number(process.hrtime.bigint() - since) / 1e9;
    const now = snapshot();
    const tree = descendants(now, root);
    const ticks = tree.reduce((sum, pid) => sum + now.get(pid).ticks - (before.get(pid) ?? 0), 0);
    const kb = tree.reduce((sum, pid) => sum + proportionalKb(pid), 0);
    return { cpu: (100 * ticks) / TICKS / seconds, mib: kb / 1024, processes: tree.length };
  };
}

/** Begins to count each thread of one process; the function returned gives % of one core since then, by name. */
export function threadMeter(pid) {
  const since = process.hrtime.bigint();
  const before = threads(pid);
  return () => {
    const seconds = Number(process.hrtime.bigint() - since) / 1e9;
    const used = {};
    for (const [id, { name, ticks }] of threads(pid)) {
      used[name] = (used[name] ?? 0) + (100 * (ticks - (before.get(id)?.ticks ?? 0))) / TICKS / seconds;
    }
    return used;
  };
}

function threads(pid) {
  const all = new Map();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
      const [begin, end] = [stat.indexOf('('), stat.lastIndexOf(')')];
      const fields = stat.slice(end + 2).split(' ');
      all.set(id, { name: stat.slice(begin + 1, end), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch { /* ended meanwhile */ }
  }
  return all;
}
