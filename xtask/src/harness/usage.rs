//! Processor time and memory of processes, read from `/proc`. All values are zero on systems other than Linux.

use std::fs;

/// Processor time in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub server: f64,
    pub postgres: f64,
    pub generator: f64,
}

impl Usage {
    /// A line that describes the machine.
    pub fn machine() -> String {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model =
            info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
        format!("{cores} cores, {}", model.unwrap_or("unknown model"))
    }
}

/// The fields of `/proc/PID/stat` after the state. The second field, the name, may contain spaces.
fn stat(pid: u32) -> Option<Vec<i64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split(' ').skip(1).map(|field| field.trim().parse().unwrap_or(0)).collect())
}

/// The parent's pid, and the processor ticks of the process including its ended children.
fn parent_and_ticks(pid: u32) -> Option<(u32, i64)> {
    let fields = stat(pid)?;
    let parent = u32::try_from(*fields.first()?).ok()?;
    Some((parent, fields.get(10..14)?.iter().sum()))
}

/// Ticks are hundredths of a second on every Linux we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor seconds used by a process and its children, running or ended.
pub fn process_tree_seconds(pid: u32) -> f64 {
    let mut ticks = parent_and_ticks(pid).map_or(0, |(_, ticks)| ticks);
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let child = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some((parent, used)) = child.and_then(parent_and_ticks)
            && parent == pid
        {
            ticks += used;
        }
    }
    ticks as f64 / TICKS_PER_SECOND
}

/// Processor seconds used by the children of a process that have ended and were waited for.
pub fn ended_children_seconds(pid: u32) -> f64 {
    let ticks: i64 = stat(pid).and_then(|f| Some(f.get(12..14)?.iter().sum())).unwrap_or(0);
    ticks as f64 / TICKS_PER_SECOND
}

/// The peak memory of a process, in megabytes.
pub fn peak_megabytes(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse::<f64>().ok()
    });
    kilobytes.unwrap_or(0.0) / 1024.0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_of_this_process_are_measured() {
        let before = process_tree_seconds(std::process::id());
        let mut sum = 0_u64;
        while process_tree_seconds(std::process::id()) < before + 0.02 {
            sum = (0..200_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        assert!(peak_megabytes(std::process::id()) > 1.0);
    }
}
