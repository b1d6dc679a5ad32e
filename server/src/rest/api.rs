//! The state of the API's router.

use std::ops::Deref;
use std::sync::Arc;

use nadi::ports::Ports;

use crate::accounts::identities::Identities;
use crate::state::AppState;

/// What handlers share. Each layer and handler has a clone, so it is a single `Arc`.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

impl Api {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

pub struct Shared {
    pub app_state: AppState,
    pub ports: Ports,
    pub identities: Arc<Identities>,
}
