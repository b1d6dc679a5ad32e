//! Counts of passed, failed and skipped tests, and the names of the failed ones, read from the output of cargo test
//! and Playwright.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestCounts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// Names of failed tests.
    pub failures: Vec<String>,
}

impl std::ops::AddAssign for TestCounts {
    fn add_assign(&mut self, other: TestCounts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }
}

impl TestCounts {
    /// Adds up cargo test's `test result: ok. 5 passed; 0 failed; 1 ignored; …` lines.
    pub fn from_cargo(lines: &[String]) -> TestCounts {
        let mut counts = TestCounts::default();
        for line in lines {
            let line = strip_ansi_escapes(line);
            let name = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
            counts.failures.extend(name.map(str::to_owned));
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            for part in result.split([';', '.']) {
                if let Some((number, word)) = number_and_word(part) {
                    match word {
                        "passed" => counts.passed += number,
                        "failed" => counts.failed += number,
                        "ignored" => counts.skipped += number,
                        _ => {}
                    }
                }
            }
        }
        counts
    }

    /// Reads the totals that Playwright's list reporter prints at the end: `  5 passed (3.2s)`. A flaky test (one that
    /// passed only in a retry) counts as failed, since it would fail again for somebody else.
    pub fn from_playwright(lines: &[String]) -> TestCounts {
        let mut counts = TestCounts::default();
        for line in lines {
            let line = strip_ansi_escapes(line);
            // Only the list of failures at the end begins with the project and ends with a rule.
            if line.trim_start().starts_with('[') && line.ends_with('─') {
                counts.failures.push(line.trim_matches([' ', '─']).to_owned());
            }
            // Test titles may contain such words, too, but only the totals begin with the number.
            match number_and_word(&line) {
                Some((number, "passed")) => counts.passed += number,
                Some((number, "failed" | "flaky" | "interrupted")) => counts.failed += number,
                Some((number, "skipped")) => counts.skipped += number,
                Some((number, "did")) if line.trim_end().ends_with("did not run") => {
                    counts.failed += number;
                }
                _ => {}
            }
        }
        counts
    }
}

fn number_and_word(text: &str) -> Option<(usize, &str)> {
    let mut words = text.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?))
}

/// The text without terminal escape sequences (`ESC [ … letter`).
fn strip_ansi_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn cargo_results_of_several_crates_add_up() {
        let printed = "\
running 2 tests
test a_test_result_is_read ... ok
test another_one::is_not ... FAILED
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        let counts = TestCounts::from_cargo(&lines(printed));
        assert_eq!((counts.passed, counts.failed, counts.skipped), (5, 1, 1));
        assert_eq!(counts.failures, ["another_one::is_not"]);
    }

    #[test]
    fn playwright_totals_are_read_and_a_flaky_test_counts_as_failed() {
        let printed = "\
  ✓  1 [js] › booking.spec.ts:3:1 › a time that 2 passed over (1.2s)
  1 failed
    [js] › booking.spec.ts:9:1 › cancel ────────────
  1 flaky
  2 skipped
  3 did not run
  \u{1b}[32m12 passed\u{1b}[39m (41.0s)";
        let counts = TestCounts::from_playwright(&lines(printed));
        assert_eq!((counts.passed, counts.failed, counts.skipped), (12, 5, 2));
        assert_eq!(counts.failures, ["[js] › booking.spec.ts:9:1 › cancel"]);
    }
}
