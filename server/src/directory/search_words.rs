//! Words that people use for specialties, parts of the body, symptoms and treatments: `server/data/words.csv`.

use sqlx::{PgConnection, Result};

use crate::directory::store::listings;

/// The lines of the table: specialty (its slug), word or phrase, kind.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("../../data/words.csv").lines().skip(1).filter_map(|line| {
        let (specialty, rest) = line.split_once(',')?;
        let (word, kind) = rest.rsplit_once(',')?;
        Some((specialty, word, kind))
    })
}

/// Writes the words into the database. If anything has changed, marks all documents as stale; returns whether.
///
/// # Errors
/// When the database fails.
pub async fn write(connection: &mut PgConnection) -> Result<bool> {
    let (mut specialties, mut words, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (specialty, word, kind) in lines() {
        specialties.push(specialty);
        words.push(word);
        kinds.push(kind);
    }
    let words = listings::write_words(connection, &specialties, &words, &kinds).await?;
    let documents = listings::write_specialties(connection).await?;
    let changed = words > 0 || documents > 0;
    if changed {
        listings::mark_all_stale(connection).await?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_specialty_has_words_and_every_word_a_specialty() {
        let known: HashSet<&str> = include_str!("../../data/specialties.csv")
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        let mut seen = HashSet::new();
        for (specialty, word, kind) in lines() {
            assert!(known.contains(specialty), "{specialty}");
            assert!((2..=60).contains(&word.len()) && !word.contains(','), "{word}");
            assert!(["name", "part", "symptom", "treatment"].contains(&kind), "{kind}");
            assert!(seen.insert((specialty, word)), "{specialty} has {word} twice");
        }
        let with_words: HashSet<&str> = seen.iter().map(|(specialty, _)| *specialty).collect();
        assert_eq!(with_words, known);
    }
}
