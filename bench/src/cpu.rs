//! CPU time of a process, from /proc.

use std::fs;

/// Ticks a second in /proc, whatever the kernel's own (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// Seconds that a process and its children that have ended spent on the CPU.
pub(crate) fn seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The name in parentheses may hold spaces; utime is the 12th field after it.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum();
    ticks as f64 / TICKS
}

/// How many children a process has: a jump host's connections.
pub(crate) fn children(pid: u32) -> usize {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .count()
}
