//! What every connection needs, when a transaction pooler hands on no start-up options.

use server::database::{ROLE_SETTINGS, migrate, missing_settings};
use sqlx::{Connection, PgConnection};

use crate::support::database::{MIGRATED, url_of};

#[tokio::test]
async fn after_a_migration_each_new_connection_has_its_time_limits() {
    let database = MIGRATED.database().await;
    let pool = database.pool();
    let name = pool.connect_options().get_database().expect("a name").to_owned();
    // A clone does not inherit the settings of its template.
    migrate(&pool).await.expect("migrated");
    let mut connection = PgConnection::connect(&url_of(&name)).await.expect("connected");
    for (setting, value) in ROLE_SETTINGS {
        let found: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .expect("a setting");
        assert_eq!(found, value, "{setting}");
    }
    let missing = missing_settings(&mut connection).await.expect("read");
    assert!(missing.is_empty(), "{missing:?}");
}
