//! Batches holds that arrive together: they are taken, their refusals explained and their answers
//! stored in one transaction for all of them.

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

/// Two, so that one computes while the other waits for the disk; more would make each batch smaller.
const TAKING: Limits = Limits { workers: 2, batch_size_max: 64, queue_size_max: 2048 };
const EXPLAINING: Limits = Limits { workers: 2, batch_size_max: 64, queue_size_max: 2048 };
const KEEPING: Limits = Limits { workers: 1, batch_size_max: 256, queue_size_max: 2048 };

/// An answer to be kept: whose, under which key, and when it was given.
type ToKeep = (AccountId, RequestKey, Value, DateTime<Utc>);

pub struct HoldBatcher {
    taking: Batcher<NewHold, Option<Booked>>,
    explaining: Batcher<NewHold, Option<HoldFacts>>,
    keeping: Batcher<ToKeep, Result<bool, Failure>>,
}

impl HoldBatcher {
    pub fn new(app_state: &AppState) -> Self {
        let (takes, explains, keeps) = (app_state.clone(), app_state.clone(), app_state.clone());
        Self {
            taking: Batcher::new(TAKING, move |all| {
                let app_state = takes.clone();
                async move { take(&app_state, all).await }
            }),
            explaining: Batcher::new(EXPLAINING, move |all| {
                let app_state = explains.clone();
                async move { explain(&app_state, all).await }
            }),
            keeping: Batcher::new(KEEPING, move |all| {
                let app_state = keeps.clone();
                async move { keep(&app_state, all).await }
            }),
        }
    }

    /// Takes it together with whoever else is here. `None`: it has to go on alone.
    pub async fn take(&self, new: NewHold) -> Outcome<Option<Booked>> {
        match self.taking.submit(new).await {
            Ok(taken) => Ok(taken),
            Err(SubmitError::Full) => Err(Failure::Busy.into()),
            // Whatever became of it, its key or its own appointment will be found.
            Err(SubmitError::Interrupted) => Ok(None),
        }
    }

    /// What there is to know of a hold that did not come about.
    pub async fn explain(&self, new: NewHold) -> Outcome<HoldFacts> {
        self.explaining.submit(new).await.map_err(busy)?.ok_or(Fault::Told(Failure::Unavailable))
    }

    /// Keeps an answer under its key. `false`: another one was kept before.
    pub async fn keep(&self, answer: ToKeep) -> Outcome<bool> {
        self.keeping.submit(answer).await.map_err(busy)?.map_err(Fault::Told)
    }
}

fn busy(error: SubmitError) -> Fault {
    Fault::Told(match error {
        SubmitError::Full => Failure::Busy,
        SubmitError::Interrupted => Failure::Unavailable,
    })
}

async fn take(app_state: &AppState, all: Vec<NewHold>) -> Vec<Option<Booked>> {
    let hold = app_state.settings.hold;
    let taken = async {
        let mut transaction = app_state.holds.begin_together().await?;
        let uid_host = &app_state.site.uid_host;
        let taken = holds::take_together(&mut transaction, &all, hold, uid_host).await?;
        transaction.commit().await?;
        Ok::<_, sqlx::Error>(taken)
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
        app_state.tell(one.doctor);
    }
    all.iter().map(|new| booked.remove(&new.id.0)).collect()
}

async fn explain(app_state: &AppState, all: Vec<NewHold>) -> Vec<Option<HoldFacts>> {
    let known = async {
        let mut transaction = app_state.holds.begin_alone().await?;
        let known = hold_facts::known(&mut transaction, &all).await?;
        transaction.commit().await?;
        Ok::<_, sqlx::Error>(known)
    };
    match known.await {
        Ok(known) => known.into_iter().map(Some).collect(),
        Err(error) => {
            tracing::error!(%error, "refusals cannot be explained");
            all.iter().map(|_| None).collect()
        }
    }
}

async fn keep(app_state: &AppState, all: Vec<ToKeep>) -> Vec<Result<bool, Failure>> {
    // The same key twice in one batch: the first is the answer.
    let mut seen = HashSet::new();
    let first: Vec<bool> = all.iter().map(|(_, once, ..)| seen.insert(once.lock_key)).collect();
    let gates: Vec<i64> = all.iter().map(|(_, once, ..)| once.lock_key).collect();
    let firsts: Vec<ToKeep> =
        all.into_iter().zip(&first).filter(|(_, first)| **first).map(|(one, _)| one).collect();
    let mut kept: HashMap<i64, Result<bool, Failure>> = HashMap::new();
    match keep_at_once(app_state, &firsts).await {
        Ok(gates) => kept.extend(gates.into_iter().map(|lock_key| (lock_key, Ok(true)))),
        // One of them stands in line behind a request with its key: that is no reason for the others.
        Err(error) if is_lock_timeout(&error) => {
            for one in &firsts {
                let alone = keep_at_once(app_state, std::slice::from_ref(one)).await;
                kept.insert(one.1.lock_key, alone.map(|gates| !gates.is_empty()).map_err(not_kept));
            }
        }
        Err(error) => {
            let failure = not_kept(error);
            kept.extend(gates.iter().map(|lock_key| (*lock_key, Err(failure.clone()))));
        }
    }
    let answer = |(lock_key, first): (&i64, bool)| match kept.get(lock_key) {
        Some(Ok(kept)) => Ok(first && *kept),
        Some(Err(failure)) => Err(failure.clone()),
        None => Ok(false),
    };
    gates.iter().zip(first).map(answer).collect()
}

async fn keep_at_once(app_state: &AppState, all: &[ToKeep]) -> sqlx::Result<Vec<i64>> {
    let mut connection = app_state.holds.alone.acquire().await?;
    idempotency::keep_all(&mut connection, all).await
}

fn not_kept(error: sqlx::Error) -> Failure {
    if is_lock_timeout(&error) {
        return Failure::StillRunning;
    }
    tracing::error!(%error, "a refusal cannot be kept");
    Failure::Unavailable
}
