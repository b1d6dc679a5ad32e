//! The roles of `ops/database-roles.sql`: one changes the schema, one serves, one reads.

use std::sync::Arc;

use futures::FutureExt;
use server::audit;
use server::bookings::{archive, sweeper};
use server::database::{ROLE_SETTINGS, migrate, missing_settings, pool_of};
use server::directory::index_updater;
use server::ports;
use server::schedules::top_up;
use server::state::AppState;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::Clinic;
use crate::support::database::Template;
use crate::support::http::get_page;

const ROLES: &str = include_str!("../../../ops/database-roles.sql");

/// A database as PostgreSQL creates it.
static EMPTY: Template = Template::new("empty", |_| async {}.boxed_local());

/// Connections to the same database as another role.
fn pool_as(role: &str, pool: &PgPool) -> PgPool {
    let options = PgConnectOptions::clone(&pool.connect_options());
    pool_of(options.username(role), 3)
}

async fn make_roles(pool: &PgPool) {
    sqlx::raw_sql(ROLES).execute(pool).await.expect("roles");
}

/// Fails unless PostgreSQL says that the role has no right to do this.
async fn assert_refused(pool: &PgPool, statement: &str) {
    let result = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(pool).await;
    let error = result.expect_err(statement);
    let code =
        error.as_database_error().and_then(|error| error.code().map(|code| code.to_string()));
    assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
}

/// One test, since roles belong to the whole cluster, where two tests could make them at the same time.
#[tokio::test]
async fn each_role_can_do_its_work_and_nothing_more() {
    // A new database: nobody but nadi_migrate touches the schema.
    let database = EMPTY.database().await;
    let superuser = database.pool();
    make_roles(&superuser).await;
    let migrates = pool_as("nadi_migrate", &superuser);
    migrate(&migrates).await.expect("migrated by the role that owns the schema");
    migrate(&migrates).await.expect("and once more");
    assert_limited(&superuser).await;

    // A database whose tables belong to another role.
    let clinic = Clinic::open().await;
    make_roles(&clinic.pool).await;
    make_roles(&clinic.pool).await;
    migrate(&pool_as("nadi_migrate", &clinic.pool)).await.expect("it owns the tables now");
    assert_limited(&clinic.pool).await;
    assert_serves(&clinic).await;
}

async fn assert_limited(superuser: &PgPool) {
    let serves = pool_as("nadi_serve", superuser);
    for (setting, value) in ROLE_SETTINGS {
        let found: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&serves)
            .await
            .expect("a setting");
        assert_eq!(found, value, "{setting}");
    }
    let mut connection = serves.acquire().await.expect("a connection");
    let missing = missing_settings(&mut connection).await.expect("read");
    assert!(missing.is_empty(), "{missing:?}");

    let reads = pool_as("nadi_read", superuser);
    for role in [&serves, &reads] {
        for statement in [
            "create table more (id bigint)",
            "create temporary table more (id bigint)",
            "create function more() returns bigint language sql return 1",
            "create schema more",
            "create role more",
            "alter table seats add column more bigint",
            "alter table seats disable trigger all",
            "drop table seats",
            "truncate seats",
            "delete from _sqlx_migrations",
            "insert into _sqlx_migrations select * from _sqlx_migrations",
            "set role nadi_migrate",
            "copy (select 1) to program 'true'",
        ] {
            assert_refused(role, statement).await;
        }
    }
    for statement in [
        "update events set data = '{}'",
        "update audit_entries set role = 'patient'",
        "delete from audit_entries",
    ] {
        assert_refused(&serves, statement).await;
    }
    for report in [
        "select count(*) from appointments",
        "select doctor_id, state, starts_at, person_id from all_appointments",
        "select id, relation, created_at from people",
        "select id, email_verified_at from accounts",
    ] {
        sqlx::query(report).execute(&reads).await.expect(report);
    }
    for statement in [
        "insert into event_readers (name, position) values ('more', pg_current_snapshot())",
        "update accounts set locale = 'more'",
        "delete from seats",
        "select password_hash from accounts",
        "select email from accounts",
        "select name from people",
        "select birth_date from people",
        "select * from people",
        "select cancel_reason from appointments",
        "select cancel_reason from archived_appointments",
        "select cancel_reason from all_appointments",
        "select network from hold_sources",
        "select email from invitations",
        "select email from unproven_accounts",
        "select address from busy_calendars",
        "select note from time_off",
        "select * from sessions",
        "select * from recovery_codes",
        "select * from notifications",
    ] {
        assert_refused(&reads, statement).await;
    }
}

/// Books, and runs jobs that write most tables, as the role that serves.
async fn assert_serves(clinic: &Clinic) {
    let pool = pool_as("nadi_serve", &clinic.pool);
    let reads = pool_as("nadi_read", &clinic.pool);
    let clock = Arc::new(clinic.clock.clone());
    let app_state = AppState::on(pool.clone(), reads, &clinic.config, clock).expect("an app_state");
    let served = Clinic {
        ports: ports::ports(&app_state, None),
        app_state,
        clock: clinic.clock.clone(),
        messages: clinic.messages.clone(),
        config: clinic.config.clone(),
        pool,
        database: clinic.database.clone(),
        ..*clinic
    };
    let asha = served.known_patient("Asha").await;
    let slot = served.free(served.doctor).await[0];
    let id = served.book(&asha, slot).await;
    assert_eq!(served.state(id).await, "confirmed");
    served.clock.step(chrono::Duration::days(1));
    top_up::run_once(&served.app_state).await.expect("slots");
    index_updater::run_once(&served.app_state).await.expect("listings");
    sweeper::run_once(&served.app_state).await.expect("swept");
    archive::run_once(&served.app_state).await.expect("archived");
    assert!(audit::run_once(&served.app_state).await.expect("recorded") > 0);
    served.dispatcher().run_once().await.expect("sent");
    // Pages that read from a replica, where there are no names.
    let base = served.serve().await;
    let reviews = format!("/api/v1/doctors/{}/reviews", served.doctor);
    for page in ["/doctors", "/doctors/asha-naik", &reviews] {
        assert_eq!(get_page(&base, page, "").await.0, 200, "{page}");
    }
    let old = "insert into events (type, subject_id, actor, occurred_at, data)
               values ('account.renamed', gen_random_uuid(), 'system', now() - interval '3 years', '{}'),
                      ('account.renamed', gen_random_uuid(), 'system', now(), '{}'),
                      ('appointment.held', gen_random_uuid(), 'system', now(), '{}')";
    sqlx::query(old).execute(&clinic.pool).await.expect("two, and one of nothing");
    // Events go only with what they are about, or when they are old.
    for needed in [
        "delete from events where type like 'appointment.%'",
        "delete from events where type like 'account.%'",
    ] {
        assert_refused(&served.pool, needed).await;
    }
    let deleted = sqlx::query(
        "delete from events where occurred_at < now() - interval '731 days'
            or type = 'appointment.held' and not exists
               (select from all_appointments a where a.id = events.subject_id)",
    );
    let deleted = deleted.execute(&served.pool).await.expect("deleted").rows_affected();
    assert_eq!(deleted, 2);
    served.assert_consistent().await;
}
