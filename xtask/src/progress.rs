//! Prints numbered steps and the seconds that each took.

use std::time::{Duration, Instant};

use anyhow::Result;

pub struct Steps {
    total: usize,
    started: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    pub fn new(total: usize) -> Steps {
        Steps { total, started: Instant::now(), done: Vec::new() }
    }

    /// Prints the name of the step, does the work, and prints how long it took with the note that the work returned.
    pub fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(T, String)>,
    ) -> Result<T> {
        let number = self.done.len() + 1;
        println!("[{number}/{}] {name} …", self.total);
        let started = Instant::now();
        let (value, note) = work()?;
        let took = started.elapsed();
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        println!("[{number}/{}] {name}{note} ({})", self.total, seconds(took));
        self.done.push((name, took));
        Ok(value)
    }

    /// All steps in one line: `12.3 s: tools 0.1 s, client 3.2 s, …`.
    pub fn summary(&self) -> String {
        let parts: Vec<String> =
            self.done.iter().map(|(name, took)| format!("{name} {}", seconds(*took))).collect();
        format!("{}: {}", seconds(self.started.elapsed()), parts.join(", "))
    }
}

/// `0.4 s`, `83 s`, `12 min 5 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        whole @ 10..600 => format!("{whole} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_to_read() {
        assert_eq!(seconds(Duration::from_millis(340)), "0.3 s");
        assert_eq!(seconds(Duration::from_secs(83)), "83 s");
        assert_eq!(seconds(Duration::from_secs(725)), "12 min 5 s");
    }
}
