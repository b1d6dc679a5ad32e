//! The development mailbox: messages are written to a table and shown at `/dev/mailbox`.

use async_trait::async_trait;
use nadi::actor::Caller;
use nadi::ports::{Answer, Mailbox, Message, MessageFailure, Messages, PostedMessage};

use crate::state::AppState;
use crate::use_case::answer;

/// How many messages the page shows.
const SHOWN_MAX: i64 = 50;
/// About how many messages the table keeps.
const STORED_MAX: i64 = 2_000;

#[derive(Clone)]
pub struct DevelopmentMailbox {
    app_state: AppState,
}

impl DevelopmentMailbox {
    pub fn new(app_state: AppState) -> Self {
        Self { app_state }
    }
}

#[async_trait]
impl Messages for DevelopmentMailbox {
    async fn send(&self, message: &Message) -> Result<(), MessageFailure> {
        let temporary = |error: sqlx::Error| MessageFailure::Temporary(error.to_string());
        let posted = sqlx::query_scalar!(
            "insert into development_mail (recipient, subject, body, message_key, sent_at)
             values ($1, $2, $3, $4, $5)
             on conflict (message_key) do nothing
             returning id",
            message.to,
            message.subject,
            message.body,
            message.key,
            self.app_state.clock.now()
        )
        .fetch_optional(&self.app_state.write.0)
        .await
        .map_err(temporary)?;
        if let Some(id) = posted.filter(|id| id % 100 == 0) {
            sqlx::query!("delete from development_mail where id <= $1", id - STORED_MAX)
                .execute(&self.app_state.write.0)
                .await
                .map_err(temporary)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Mailbox for DevelopmentMailbox {
    async fn latest(&self, _caller: &Caller, to: Option<&str>) -> Answer<Vec<PostedMessage>> {
        let load = async {
            let rows = sqlx::query!(
                "select recipient, subject, body, message_key, sent_at from development_mail
                 where $1::text is null or recipient = lower($1)
                 order by id desc limit $2",
                to,
                SHOWN_MAX
            )
            .fetch_all(&self.app_state.write.0)
            .await?;
            Ok(rows
                .into_iter()
                .map(|row| PostedMessage {
                    message: Message {
                        to: row.recipient,
                        subject: row.subject,
                        body: row.body,
                        key: row.message_key,
                    },
                    sent_at: row.sent_at,
                })
                .collect())
        };
        answer("read the mailbox", load.await)
    }
}
