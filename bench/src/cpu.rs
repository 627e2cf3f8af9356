//! CPU time of a process, from /proc.

use std::collections::BTreeMap;
use std::fs;

/// Ticks a second in /proc, whatever the kernel's own (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// Seconds that a process and its children that have ended spent on the CPU.
pub(crate) fn seconds(pid: u32) -> f64 {
    spent(&format!("/proc/{pid}/stat"), 4).expect("the process runs")
}

/// Seconds of each thread but those of these names, by thread.
pub(crate) fn threads(pid: u32, without: &[&str]) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs") {
        let path = thread.expect("a thread").path();
        // It may have ended meanwhile.
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
        if !without.contains(&name.trim_end())
            && let Some(spent) = spent(&path.join("stat").display().to_string(), 2)
        {
            all.insert(path.display().to_string(), spent);
        }
    }
    all
}

/// The first two fields are a thread's own, the next two those of ended children,
/// which each thread has of the whole process.
fn spent(stat: &str, fields_counted: usize) -> Option<f64> {
    let stat = fs::read_to_string(stat).ok()?;
    // The name in parentheses may hold spaces; utime is the 12th field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(fields_counted)
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum();
    Some(ticks as f64 / TICKS)
}

/// How many children a process has: a jump host's connections.
pub(crate) fn children(pid: u32) -> usize {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .count()
}
