//! Batches holds that arrive at the same time: one round trip for all of them takes the slots, one reads why
//! others were not granted, one stores their answers.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use nadi::Failure;
use nadi::ids::AccountId;
use nadi::ports::Booked;
use serde_json::Value;
use uuid::Uuid;

use crate::batcher::{Batcher, Limits, SubmitError};
use crate::bookings::store::hold_facts;
use crate::bookings::store::hold_facts::HoldFacts;
use crate::bookings::store::holds;
use crate::bookings::store::holds::NewHold;
use crate::bookings::store::idempotency;
use crate::bookings::store::idempotency::RequestKey;
use crate::database::is_lock_timeout;
use crate::state::AppState;
use crate::use_case::{Fault, Outcome};

/// Two workers, so that one computes while the other waits for the disk; more would make each batch smaller.
const TAKE_LIMITS: Limits = Limits { workers: 2, batch_size_max: 64, queue_size_max: 2048 };
const EXPLAIN_LIMITS: Limits = Limits { workers: 2, batch_size_max: 64, queue_size_max: 2048 };
const STORE_LIMITS: Limits = Limits { workers: 1, batch_size_max: 256, queue_size_max: 2048 };

/// An answer to be stored: of which account, under which key, and when it was given.
type AnswerToStore = (AccountId, RequestKey, Value, DateTime<Utc>);

pub struct HoldBatcher {
    taking: Batcher<NewHold, Option<Booked>>,
    explaining: Batcher<NewHold, Option<HoldFacts>>,
    storing: Batcher<AnswerToStore, Result<bool, Failure>>,
}

impl HoldBatcher {
    pub fn new(app_state: &AppState) -> Self {
        let (takes, explains, stores) = (app_state.clone(), app_state.clone(), app_state.clone());
        Self {
            taking: Batcher::new(TAKE_LIMITS, move |all| {
                let app_state = takes.clone();
                async move { take(&app_state, all).await }
            }),
            explaining: Batcher::new(EXPLAIN_LIMITS, move |all| {
                let app_state = explains.clone();
                async move { explain(&app_state, all).await }
            }),
            storing: Batcher::new(STORE_LIMITS, move |all| {
                let app_state = stores.clone();
                async move { store(&app_state, all).await }
            }),
        }
    }

    /// Tries the hold in a batch. `None`: it was not granted, and has to be looked at on its own.
    pub async fn take(&self, new: NewHold) -> Outcome<Option<Booked>> {
        match self.taking.submit(new).await {
            Ok(taken) => Ok(taken),
            Err(SubmitError::Full) => Err(Failure::Busy.into()),
            // It may have taken effect. Then its stored answer or its appointment is found next.
            Err(SubmitError::Interrupted) => Ok(None),
        }
    }

    /// Reads the facts about a hold that was not granted.
    pub async fn explain(&self, new: NewHold) -> Outcome<HoldFacts> {
        self.explaining.submit(new).await.map_err(busy)?.ok_or(Fault::Failure(Failure::Unavailable))
    }

    /// Stores an answer under its key. `false`: another one was stored before.
    pub async fn store_answer(&self, answer: AnswerToStore) -> Outcome<bool> {
        self.storing.submit(answer).await.map_err(busy)?.map_err(Fault::Failure)
    }
}

fn busy(error: SubmitError) -> Fault {
    Fault::Failure(match error {
        SubmitError::Full => Failure::Busy,
        SubmitError::Interrupted => Failure::Unavailable,
    })
}

async fn take(app_state: &AppState, all: Vec<NewHold>) -> Vec<Option<Booked>> {
    let hold = app_state.settings.hold;
    let taken = async {
        let mut connection = app_state.holds.batched.acquire().await?;
        holds::take_batch(&mut connection, &all, hold, &app_state.site.uid_host).await
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
            tracing::debug!(%error, holds = all.len(), "a batch of holds failed; each is tried on its own");
            HashMap::new()
        }
    };
    for one in booked.values() {
        app_state.tell(one.doctor);
    }
    all.iter().map(|new| booked.remove(&new.id.0)).collect()
}

async fn explain(app_state: &AppState, all: Vec<NewHold>) -> Vec<Option<HoldFacts>> {
    let known = async {
        let mut connection = app_state.holds.single.acquire().await?;
        hold_facts::read(&mut connection, &all).await
    };
    match known.await {
        Ok(known) => known.into_iter().map(Some).collect(),
        Err(error) => {
            tracing::error!(%error, "cannot read why holds were not granted");
            all.iter().map(|_| None).collect()
        }
    }
}

async fn store(app_state: &AppState, all: Vec<AnswerToStore>) -> Vec<Result<bool, Failure>> {
    // The same key twice in one batch: the first is the answer.
    let mut seen = HashSet::new();
    let first: Vec<bool> = all.iter().map(|(_, key, ..)| seen.insert(key.lock_key)).collect();
    let lock_keys: Vec<i64> = all.iter().map(|(_, key, ..)| key.lock_key).collect();
    let firsts: Vec<AnswerToStore> =
        all.into_iter().zip(&first).filter(|(_, first)| **first).map(|(one, _)| one).collect();
    let mut stored: HashMap<i64, Result<bool, Failure>> = HashMap::new();
    match store_all(app_state, &firsts).await {
        Ok(lock_keys) => stored.extend(lock_keys.into_iter().map(|lock_key| (lock_key, Ok(true)))),
        // One of them waits for a running request with the same key. The others must not fail for that.
        Err(error) if is_lock_timeout(&error) => {
            for one in &firsts {
                let alone = store_all(app_state, std::slice::from_ref(one)).await;
                stored.insert(
                    one.1.lock_key,
                    alone.map(|lock_keys| !lock_keys.is_empty()).map_err(storing_failed),
                );
            }
        }
        Err(error) => {
            let failure = storing_failed(error);
            stored.extend(lock_keys.iter().map(|lock_key| (*lock_key, Err(failure.clone()))));
        }
    }
    let answer = |(lock_key, first): (&i64, bool)| match stored.get(lock_key) {
        Some(Ok(stored)) => Ok(first && *stored),
        Some(Err(failure)) => Err(failure.clone()),
        None => Ok(false),
    };
    lock_keys.iter().zip(first).map(answer).collect()
}

async fn store_all(app_state: &AppState, all: &[AnswerToStore]) -> sqlx::Result<Vec<i64>> {
    let mut connection = app_state.holds.single.acquire().await?;
    idempotency::insert_all(&mut connection, all).await
}

fn storing_failed(error: sqlx::Error) -> Failure {
    if is_lock_timeout(&error) {
        return Failure::StillRunning;
    }
    tracing::error!(%error, "cannot store the answer to a hold");
    Failure::Unavailable
}
