//! Where holds that arrive together are carried out together: taken, explained, and their
//! refusals kept, each in one round trip for everybody who waits.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::Booked;
use serde_json::Value;
use uuid::Uuid;

use crate::engine::Engine;
use crate::service::{Fault, Outcome};
use crate::store::holds::{self, NewHold};
use crate::store::once::{self, Once};
use crate::store::wishes::{self, Known};
use crate::together::{Line, NoAnswer, Together};

/// Two, so that one computes while the other waits for the disk; more would make each batch smaller.
const TAKING: Line = Line { workers: 2, at_once: 64, waiting: 2048 };
const EXPLAINING: Line = Line { workers: 2, at_once: 64, waiting: 2048 };
const KEEPING: Line = Line { workers: 1, at_once: 256, waiting: 2048 };

/// An answer to be kept: whose, under which key, and when it was given.
type ToKeep = (AccountId, Once, Value, DateTime<Utc>);

pub struct Desk {
    taking: Together<NewHold, Option<Booked>>,
    explaining: Together<NewHold, Option<Known>>,
    keeping: Together<ToKeep, Option<bool>>,
}

impl Desk {
    pub fn new(engine: &Engine) -> Self {
        let (takes, explains, keeps) = (engine.clone(), engine.clone(), engine.clone());
        Self {
            taking: Together::new(TAKING, move |all| {
                let engine = takes.clone();
                async move { take(&engine, all).await }
            }),
            explaining: Together::new(EXPLAINING, move |all| {
                let engine = explains.clone();
                async move { explain(&engine, all).await }
            }),
            keeping: Together::new(KEEPING, move |all| {
                let engine = keeps.clone();
                async move { keep(&engine, all).await }
            }),
        }
    }

    /// Takes it together with whoever else is here. `None`: it has to go on alone.
    pub async fn take(&self, new: NewHold) -> Outcome<Option<Booked>> {
        match self.taking.ask(new).await {
            Ok(taken) => Ok(taken),
            Err(NoAnswer::Full) => Err(Failure::Busy.into()),
            // Whatever became of it, its key or its own appointment will be found.
            Err(NoAnswer::Lost) => Ok(None),
        }
    }

    /// What there is to know of a hold that did not come about.
    pub async fn explain(&self, new: NewHold) -> Outcome<Known> {
        self.explaining.ask(new).await.map_err(busy)?.ok_or(Fault::Told(Failure::Unavailable))
    }

    /// Keeps an answer under its key. `false`: another one was kept before.
    pub async fn keep(&self, answer: ToKeep) -> Outcome<bool> {
        self.keeping.ask(answer).await.map_err(busy)?.ok_or(Fault::Told(Failure::Unavailable))
    }
}

fn busy(error: NoAnswer) -> Fault {
    Fault::Told(match error {
        NoAnswer::Full => Failure::Busy,
        NoAnswer::Lost => Failure::Unavailable,
    })
}

async fn take(engine: &Engine, all: Vec<NewHold>) -> Vec<Option<Booked>> {
    let hold = engine.settings.hold;
    let taken = async {
        let mut connection = engine.holds.together.acquire().await?;
        holds::take_together(&mut connection, &all, hold).await
    };
    let mut booked: HashMap<Uuid, Booked> = match taken.await {
        Ok(answers) => answers
            .into_iter()
            .filter_map(|answer| match serde_json::from_value::<Booked>(answer) {
                Ok(booked) => Some((booked.id.0, booked)),
                Err(error) => {
                    tracing::error!(%error, "a hold's answer cannot be read");
                    None
                }
            })
            .collect(),
        Err(error) => {
            tracing::debug!(%error, holds = all.len(), "not together, then each alone");
            HashMap::new()
        }
    };
    for one in booked.values() {
        engine.tell(one.doctor);
    }
    all.iter().map(|new| booked.remove(&new.id.0)).collect()
}

async fn explain(engine: &Engine, all: Vec<NewHold>) -> Vec<Option<Known>> {
    let known = async {
        let mut connection = engine.holds.alone.acquire().await?;
        wishes::known(&mut connection, &all).await
    };
    match known.await {
        Ok(known) => known.into_iter().map(Some).collect(),
        Err(error) => {
            tracing::error!(%error, "refusals cannot be explained");
            all.iter().map(|_| None).collect()
        }
    }
}

async fn keep(engine: &Engine, mut all: Vec<ToKeep>) -> Vec<Option<bool>> {
    let gates: Vec<i64> = all.iter().map(|(_, once, ..)| once.gate).collect();
    // The same key twice in one batch: the first is the answer.
    let mut seen = HashSet::new();
    let first: Vec<bool> = gates.iter().map(|gate| seen.insert(*gate)).collect();
    let mut keep_it = first.iter();
    all.retain(|_| keep_it.next().copied().unwrap_or(false));
    let kept = async {
        let mut connection = engine.holds.alone.acquire().await?;
        once::keep_all(&mut connection, &all).await
    };
    match kept.await {
        Ok(kept) => gates
            .iter()
            .zip(first)
            .map(|(gate, first)| Some(first && kept.contains(gate)))
            .collect(),
        Err(error) => {
            tracing::error!(%error, "refusals cannot be kept");
            gates.iter().map(|_| None).collect()
        }
    }
}
