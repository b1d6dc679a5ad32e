//! Transactions of requests that are cancelled.

use std::time::Duration;

use chrono::{DateTime, Utc};
use server::database::WritePool;
use sqlx::postgres::PgPoolOptions;

use crate::support::Clinic;

/// Within a transaction `now()` stands still.
#[tokio::test]
async fn a_cancelled_begin_leaves_no_open_transaction_in_the_pool() {
    let clinic = Clinic::open().await;
    let options = (*clinic.pool.connect_options()).clone();
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await;
    let pool = WritePool(pool.expect("connected"));
    for _ in 0..20 {
        // Polled once: `begin` is sent, and PostgreSQL has not answered yet.
        let begun = tokio::time::timeout(Duration::ZERO, pool.begin()).await;
        drop(begun);
        let mut connection = pool.0.acquire().await.expect("the connection");
        let mut now = async || {
            let now = sqlx::query_scalar::<_, DateTime<Utc>>("select now()");
            now.fetch_one(&mut *connection).await.expect("a time")
        };
        assert_ne!(now().await, now().await, "the transaction is still open");
    }
}
