//! Figures of use, for the backend that keeps them.

use std::time::Duration;

use super::{Admin, AdminError};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::hearth::usage::{self, PairFigures, PersonUsage, Usage};

impl Admin {
    /// What the records of a backend say of the calls of the last while.
    ///
    /// # Errors
    /// The backend keeps no such figures, or the database fails.
    pub async fn usage(&self, backend: Backend, span: Duration) -> Result<Usage, AdminError> {
        keeps_figures(backend)?;
        let now = Millis::now();
        Ok(usage::usage(&self.pools.read, now.minus(span).0, now.0).await?)
    }

    /// The same by person, those who were in most calls first, at most `most` of them.
    ///
    /// # Errors
    /// As for [`Self::usage`].
    pub async fn usage_by_person(
        &self,
        backend: Backend,
        span: Duration,
        most: u32,
    ) -> Result<Vec<PersonUsage>, AdminError> {
        keeps_figures(backend)?;
        let now = Millis::now();
        Ok(usage::people(&self.pools.read, now.minus(span).0, now.0, most).await?)
    }

    /// How the participants of one call received each other.
    ///
    /// # Errors
    /// As for [`Self::usage`], or there is no such call.
    pub async fn figures_of_call(
        &self,
        backend: Backend,
        call: &str,
    ) -> Result<Vec<PairFigures>, AdminError> {
        keeps_figures(backend)?;
        let found = usage::pairs(&self.pools.read, call).await?;
        found.ok_or_else(|| AdminError::Unfit(format!("there is no call {call}")))
    }
}

fn keeps_figures(backend: Backend) -> Result<(), AdminError> {
    if backend == crate::hearth::INFO.backend {
        return Ok(());
    }
    Err(AdminError::Unfit(format!("{} keeps no figures of use; hearth does", backend.id())))
}
