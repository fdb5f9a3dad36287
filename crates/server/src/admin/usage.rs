//! Figures of use, for the backend that keeps them.

use std::time::Duration;

use super::{Admin, AdminError, directory};
use crate::backend::Backend;
use crate::clock::Millis;
use crate::registry::backends;
use crate::usage::{PairFigures, PersonUsage, Usage, UsageQueries};

impl Admin {
    /// What the records of a backend say of the calls of the last while.
    ///
    /// # Errors
    /// The backend keeps no such figures, or the database fails.
    pub async fn usage(&self, backend: Backend, span: Duration) -> Result<Usage, AdminError> {
        let queries = queries(backend)?;
        let now = Millis::now();
        Ok((queries.usage)(&self.pools.read, now.minus(span).0, now.0).await?)
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
        let queries = queries(backend)?;
        let now = Millis::now();
        Ok((queries.people)(&self.pools.read, now.minus(span).0, now.0, most).await?)
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
        let found = (queries(backend)?.pairs)(&self.pools.read, call).await?;
        found.ok_or_else(|| AdminError::Unfit(format!("there is no call {call}")))
    }
}

fn queries(backend: Backend) -> Result<&'static UsageQueries, AdminError> {
    directory(backend).usage.ok_or_else(|| {
        let keep = backends().iter().filter(|info| info.directory.usage.is_some());
        let keep: Vec<_> = keep.map(|info| info.backend.id()).collect();
        AdminError::Unfit(format!("{} keeps no figures of use; {} does", backend.id(), keep.join(", ")))
    })
}
