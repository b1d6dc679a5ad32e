//! How PostgreSQL executes the statements of a hold when it has planned them on the first day, with every
//! table empty. It keeps these plans while the tables grow, so each lookup has to begin with the first
//! column of its index: otherwise it reads the whole index.

use serde_json::Value;
use server::database::HOLD_PLANS;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::database::{MIGRATED, url_of};

const STATEMENTS: [(&str, &str); 3] = [
    ("hold_single.sql", include_str!("../../src/bookings/sql/hold_single.sql")),
    ("hold_batch.sql", include_str!("../../src/bookings/sql/hold_batch.sql")),
    ("hold_facts.sql", include_str!("../../src/bookings/sql/hold_facts.sql")),
];

#[tokio::test]
async fn every_lookup_of_a_hold_begins_with_the_first_column_of_its_index() {
    let database = MIGRATED.database().await;
    let pool = database.pool();
    let name = pool.connect_options().get_database().expect("a name").to_owned();
    let mut connection = PgConnection::connect(&url_of(&name)).await.expect("connected");
    for (setting, value) in HOLD_PLANS {
        run(&mut connection, &format!("set {setting} = '{value}'")).await;
    }
    let mut looked_at = 0;
    for (file, statement) in STATEMENTS {
        // Remove the nullability marks, which only sqlx's macros understand.
        let statement = statement.replace("!\"", "\"").replace("?\"", "\"");
        run(&mut connection, &format!("prepare planned as {statement}")).await;
        let parameters: i32 = sqlx::query_scalar(
            "select cardinality(parameter_types) from pg_prepared_statements where name = 'planned'",
        )
        .fetch_one(&mut connection)
        .await
        .expect("how many parameters");
        let nulls = vec!["null"; usize::try_from(parameters).expect("a few")].join(", ");
        let explain = format!("explain (format json) execute planned({nulls})");
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
            .persistent(false)
            .fetch_one(&mut connection)
            .await
            .expect("a plan");
        let mut scans = Vec::new();
        collect_index_scans(&plan[0]["Plan"], &mut scans);
        for (index, condition) in scans {
            let first: String = sqlx::query_scalar(
                "select pg_get_indexdef(indexrelid, 1, true) from pg_index where indexrelid = $1::text::regclass",
            )
            .bind(&index)
            .fetch_one(&mut connection)
            .await
            .expect("an index");
            assert!(condition.contains(&first), "{file}: {index} by {condition:?}, not by {first}");
            looked_at += 1;
        }
        run(&mut connection, "deallocate planned").await;
    }
    assert!(looked_at > 40, "{looked_at}");
}

async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await.expect("done");
}

/// Collects every index scan: the name of the index and the condition.
fn collect_index_scans(node: &Value, scans: &mut Vec<(String, String)>) {
    if let Some(index) = node["Index Name"].as_str() {
        let condition = node["Index Cond"].as_str().unwrap_or_default();
        scans.push((index.to_owned(), condition.to_owned()));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect_index_scans(child, scans);
    }
}
